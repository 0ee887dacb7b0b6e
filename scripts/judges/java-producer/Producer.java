import com.alibaba.fastjson.JSON;
import com.google.common.util.concurrent.ListenableFuture;
import com.huaweicloud.lts.appender.JavaSDKAppender;
import com.huaweicloud.lts.producer.Attempt;
import com.huaweicloud.lts.producer.Result;
import com.huaweicloud.lts.producer.exception.ResultFailedException;
import com.huaweicloud.lts.producer.model.log.LogContent;
import com.huaweicloud.lts.producer.model.log.LogItem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;

/**
 * The vendor's log producer, unmodified.
 *
 * Arguments: REGION PROJECT GROUP STREAM AK SK LABELS BATCH... LABELS is a JSON object or "", for none. A BATCH is
 * 3x100 (three batches of 100 lines), a .json file (a list of the producer's items, [{"labels": "{}", "contents":
 * [{"log_time_ns": 1, "log": "a line"}]}]) or a file of lines, which are one batch. Prints one line: {"batches_sent",
 * "batches_failed", "lines_sent", "lines_failed", "attempts", "errors": {CODE: COUNT}}.
 */
public class Producer {
    static com.huaweicloud.lts.producer.Producer producer;
    static String group;
    static String stream;
    static long time = System.currentTimeMillis() * 1_000_000;
    static int batchesSent;
    static int batchesFailed;
    static int linesSent;
    static int linesFailed;
    static int attempts;
    static Map<String, Integer> errors = new TreeMap<>();

    static LogItem item(String labels, List<String> lines) {
        List<LogContent> contents = new ArrayList<>();
        for (String line : lines) {
            contents.add(new LogContent(time++, line));
        }
        LogItem item = new LogItem();
        item.setLabels(labels.isEmpty() ? null : labels);
        item.setContents(contents);
        return item;
    }

    /** Waits for the response, so that the next batch gets a request of its own. */
    static void send(List<LogItem> items) throws Exception {
        int lines = items.stream().mapToInt(item -> item.getContents().size()).sum();
        ListenableFuture<Result> future = producer.send(group, stream, items);
        Result result;
        try {
            result = future.get();
        } catch (ExecutionException error) {
            if (!(error.getCause() instanceof ResultFailedException failed)) {
                throw error;
            }
            batchesFailed++;
            linesFailed += lines;
            attempts += failed.getReservedAttempts().size();
            for (Attempt attempt : failed.getReservedAttempts()) {
                errors.merge(attempt.getErrorCode(), 1, Integer::sum);
            }
            return;
        }
        batchesSent++;
        linesSent += lines;
        attempts += result.getAttemptCount();
    }

    public static void main(String[] arguments) throws Exception {
        group = arguments[2];
        stream = arguments[3];
        String labels = arguments[6];
        producer = JavaSDKAppender.custom().setRegionName(arguments[0]).setProjectId(arguments[1])
            .setAccessKeyId(arguments[4]).setAccessKeySecret(arguments[5]).setLingerMs(100).setMaxReservedAttempts(100)
            .builder().getProducer();
        for (String batch : List.of(arguments).subList(7, arguments.length)) {
            if (batch.endsWith(".json")) {
                send(JSON.parseArray(Files.readString(Path.of(batch)), LogItem.class));
            } else if (batch.matches("\\d+x\\d+")) {
                String[] counts = batch.split("x");
                for (int i = 0; i < Integer.parseInt(counts[0]); i++) {
                    List<String> lines = new ArrayList<>();
                    for (int line = 0; line < Integer.parseInt(counts[1]); line++) {
                        lines.add("batch " + i + " line " + line);
                    }
                    send(List.of(item(labels, lines)));
                }
            } else {
                send(List.of(item(labels, Files.readAllLines(Path.of(batch)))));
            }
        }
        producer.close();
        Map<String, Object> counts = new TreeMap<>(Map.of("batches_sent", batchesSent, "batches_failed", batchesFailed,
            "lines_sent", linesSent, "lines_failed", linesFailed, "attempts", attempts, "errors", errors));
        System.out.println(JSON.toJSONString(counts));
        System.exit(0);
    }
}
