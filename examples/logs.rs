//! Writes lines, finds them, and shows what is around one.

use std::time::Duration;

use huaweicloud_lts::{ClientBuilder, Emulator, Ttl, logs::Query};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    let lts = ClientBuilder::from(&emulator).build()?;
    let group = lts.groups().ensure("app", Ttl::days(7)).await?.id;
    let stream = lts.group(&group).streams().ensure("nginx").await?.id;
    let logs = lts.group(&group).stream(&stream).logs();

    logs.put(["GET /a 200", "GET /b not found", "POST /cart 201"]).label("host", "web-1").await?;
    logs.put(["GET /c not found"]).label("host", "web-2").await?;

    let day = Duration::from_secs(24 * 60 * 60);
    let query = Query::phrase("not found").and("GET");
    let mut lines = logs.search(query).since(day).label("host", "web-1").pages();
    while let Some(line) = lines.next_line().await? {
        println!("{:?} {}", line.time(), line.content);
        let context = logs.context(&line.line_num).before(10).after(10).await?;
        println!("it is line {} of {}", context.before + 1, context.lines.len());
    }

    let histogram = logs.histogram("GET").since(day).buckets(24).await?;
    println!("{} requests in {} buckets", histogram.count, histogram.buckets.len());

    // Lines of the last minute, then new ones as they arrive, each once.
    let mut tail = logs.tail("").since(Duration::from_secs(60));
    for _ in 0..4 {
        println!("{}", tail.next_line().await?.content);
    }
    Ok(())
}
