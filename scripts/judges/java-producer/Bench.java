import com.google.common.util.concurrent.ListenableFuture;
import com.huaweicloud.lts.appender.JavaSDKAppender;
import com.huaweicloud.lts.producer.Producer;
import com.huaweicloud.lts.producer.Result;
import com.huaweicloud.lts.producer.model.log.LogContent;
import com.huaweicloud.lts.producer.model.log.LogItem;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a line costs with the vendor's producer and its defaults: Bench FILE LINES_A_SEND WARMUP ROUNDS sends the lines of
 * the file that often, and prints the CPU time of the process for a line, in microseconds, compiler and collector
 * included, and its peak memory, in MB.
 */
public class Bench {
    public static void main(String[] arguments) throws Exception {
        List<String> lines = Files.readAllLines(Path.of(arguments[0]));
        int size = Integer.parseInt(arguments[1]);
        Producer producer = JavaSDKAppender.custom().setRegionName("cn-north-4")
            .setProjectId("0123456789abcdef0123456789abcdef").setAccessKeyId("AKIDEXAMPLE000000001")
            .setAccessKeySecret("SecretKeyOfThatManyCharactersIsAsLong001").builder().getProducer();
        send(producer, lines, size, Integer.parseInt(arguments[2]));
        OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long before = process.getProcessCpuTime();
        int rounds = Integer.parseInt(arguments[3]);
        send(producer, lines, size, rounds);
        double us = (process.getProcessCpuTime() - before) / 1e3 / lines.size() / rounds;
        double mb = Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
            .findFirst().orElse(Double.NaN);
        System.out.printf(Locale.ROOT, "{\"cpu_us\": %f, \"peak_mb\": %f}%n", us, mb);
        System.exit(0);
    }

    /** Sends all lines, and waits until each is delivered. */
    static void send(Producer producer, List<String> lines, int size, int rounds) throws Exception {
        for (int round = 0; round < rounds; round++) {
            List<ListenableFuture<Result>> sent = new ArrayList<>();
            for (int from = 0; from < lines.size(); from += size) {
                List<LogContent> contents = new ArrayList<>();
                for (String line : lines.subList(from, Math.min(from + size, lines.size()))) {
                    contents.add(new LogContent(System.currentTimeMillis() * 1_000_000, line));
                }
                LogItem item = new LogItem();
                item.setLabels("{}");
                item.setContents(contents);
                sent.add(producer.send("b6b9332b-091f-4b22-b810-264300000000", "c54dbc58-0fd8-48ed-b007-6d54981427a7",
                    List.of(item)));
            }
            for (ListenableFuture<Result> one : sent) {
                if (!one.get().isSuccessful()) {
                    throw new IllegalStateException("a batch failed");
                }
            }
        }
    }
}
