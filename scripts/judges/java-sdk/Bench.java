import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.lts.v2.LtsClient;
import com.huaweicloud.sdk.lts.v2.model.ListLogGroupsRequest;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What a list of groups costs with the vendor's SDK for Java: Bench ADDRESS WARMUP CALLS prints the CPU time of the
 * process for a call, in microseconds, compiler and collector included, and its peak memory, in MB.
 */
public class Bench {
    public static void main(String[] arguments) throws Exception {
        BasicCredentials credentials = new BasicCredentials()
            .withAk("AKIDEXAMPLE000000001")
            .withSk("SecretKeyOfThatManyCharactersIsAsLong001")
            .withProjectId("0123456789abcdef0123456789abcdef");
        LtsClient client = LtsClient.newBuilder().withCredential(credentials).withEndpoint("http://" + arguments[0]).build();
        int calls = Integer.parseInt(arguments[2]);
        list(client, Integer.parseInt(arguments[1]));
        OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long before = process.getProcessCpuTime();
        list(client, calls);
        double us = (process.getProcessCpuTime() - before) / 1e3 / calls;
        double mb = Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
            .findFirst().orElse(Double.NaN);
        System.out.printf(Locale.ROOT, "{\"cpu_us\": %f, \"peak_mb\": %f}%n", us, mb);
        System.exit(0);
    }

    static void list(LtsClient client, int calls) {
        for (int i = 0; i < calls; i++) {
            if (client.listLogGroups(new ListLogGroupsRequest()).getLogGroups().isEmpty()) {
                throw new IllegalStateException("no groups");
            }
        }
    }
}
