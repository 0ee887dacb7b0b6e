//! A TCP proxy that gets in the way: between a client and what it calls, on real sockets.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// Each piece takes this long to arrive.
    Latency(Duration),
    /// No more than this many bytes pass in a second, each way.
    Bandwidth(u32),
    /// A few bytes arrive at a time.
    Split,
    /// Somewhere in what the client sends, both ends get a reset.
    ResetRequest,
    /// Somewhere in what the client is sent, both ends get a reset.
    ResetAnswer,
    /// Somewhere in what the client sends nothing goes on, and nobody is told.
    StalledRequest,
    /// Somewhere in what the client is sent nothing goes on, and nobody is told.
    StalledAnswer,
}

impl Trouble {
    /// All kinds that lose nothing: a client without retries gets through.
    pub(crate) const HARMLESS: [Self; 4] = [
        Self::None,
        Self::Latency(Duration::from_millis(2)),
        // A list of one group takes some milliseconds.
        Self::Bandwidth(200_000),
        Self::Split,
    ];
    /// All kinds that lose a request or its answer.
    pub(crate) const LOSSY: [Self; 4] =
        [Self::ResetRequest, Self::ResetAnswer, Self::StalledRequest, Self::StalledAnswer];

    fn hits(self, way: Way) -> bool {
        match way {
            Way::Request => matches!(self, Self::ResetRequest | Self::StalledRequest),
            Way::Answer => matches!(self, Self::ResetAnswer | Self::StalledAnswer),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Request,
    Answer,
}

/// Which connections an accident may happen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Victims {
    /// So many of a hundred.
    pub(crate) percent: u8,
    /// Only such as begin with a GET.
    pub(crate) reads_only: bool,
    /// No more than this many in all.
    pub(crate) most: usize,
    /// How far into a connection, at most, in bytes. A request has some 600, a short answer some 300.
    pub(crate) reach: usize,
}

/// The proxy; it ends when dropped, and all connections with it.
pub(crate) struct Proxy {
    pub(crate) url: String,
    accidents: Arc<AtomicUsize>,
    task: JoinHandle<()>,
    _running: watch::Sender<()>,
}

/// What all connections share.
struct Carrier {
    trouble: Trouble,
    victims: Victims,
    random: Mutex<fastrand::Rng>,
    accidents: Arc<AtomicUsize>,
}

impl Proxy {
    /// Stands in front of `http://HOST:PORT`.
    pub(crate) async fn before(url: &str, trouble: Trouble, victims: Victims, seed: u64) -> Self {
        let target: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let accidents = Arc::new(AtomicUsize::new(0));
        let shared = Arc::new(Carrier {
            trouble,
            victims,
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            accidents: Arc::clone(&accidents),
        });
        let (running, ended) = watch::channel(());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (shared, mut ended) = (Arc::clone(&shared), ended.clone());
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        () = shared.carry(client, server) => {}
                        _ = ended.changed() => {}
                    }
                });
            }
        });
        Self { url, accidents, task, _running: running }
    }

    /// How many accidents there have been.
    pub(crate) fn accidents(&self) -> usize {
        self.accidents.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a way through the proxy ends.
enum End {
    /// One side has nothing more to say.
    Closed,
    Reset,
    Stalled,
}

impl Carrier {
    /// Carries a connection to its end.
    async fn carry(&self, client: TcpStream, server: TcpStream) {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let at = self.accident_of(&client).await;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let end = tokio::select! {
            end = self.pump(Way::Request, &mut from_client, &mut to_server, at) => end,
            end = self.pump(Way::Answer, &mut from_server, &mut to_client, at) => end,
        };
        match end {
            End::Closed => {}
            End::Reset => {
                self.accidents.fetch_add(1, Ordering::Relaxed);
                for (read, write) in [(from_client, to_client), (from_server, to_server)] {
                    if let Ok(stream) = read.reunite(write) {
                        // Closed with nothing to linger for, a socket sends a reset.
                        let _ = stream.set_zero_linger();
                    }
                }
            }
            End::Stalled => {
                self.accidents.fetch_add(1, Ordering::Relaxed);
                // Open at both ends for as long as the proxy is there.
                std::future::pending().await
            }
        }
    }

    /// Where in this connection an accident happens, if one does.
    async fn accident_of(&self, client: &TcpStream) -> Option<usize> {
        if self.victims.reads_only {
            let mut first = [0];
            if client.peek(&mut first).await.ok() != Some(1) || first != *b"G" {
                return None;
            }
        }
        let mut random = self.random.lock().unwrap();
        let hit = random.u8(0..100) < self.victims.percent
            && self.accidents.load(Ordering::Relaxed) < self.victims.most;
        hit.then(|| random.usize(0..self.victims.reach))
    }

    /// Carries one way of a connection.
    async fn pump(
        &self,
        way: Way,
        from: &mut OwnedReadHalf,
        to: &mut OwnedWriteHalf,
        accident: Option<usize>,
    ) -> End {
        let accident = accident.filter(|_| self.trouble.hits(way));
        let mut carried = 0;
        let mut buffer = vec![0; 16 << 10];
        loop {
            let most = match self.trouble {
                Trouble::Split => self.random.lock().unwrap().usize(1..=7),
                Trouble::Bandwidth(_) => 1 << 10,
                _ => buffer.len(),
            };
            let room = accident.map_or(most, |at| most.min(at - carried));
            if room == 0 {
                return match self.trouble {
                    Trouble::ResetRequest | Trouble::ResetAnswer => End::Reset,
                    _ => End::Stalled,
                };
            }
            let Ok(length @ 1..) = from.read(&mut buffer[..room]).await else { return End::Closed };
            match self.trouble {
                Trouble::Latency(latency) => sleep(latency).await,
                Trouble::Bandwidth(per_s) => sleep(Duration::from_secs(1) * length as u32 / per_s).await,
                _ => {}
            }
            if to.write_all(&buffer[..length]).await.is_err() {
                return End::Closed;
            }
            carried += length;
        }
    }
}
