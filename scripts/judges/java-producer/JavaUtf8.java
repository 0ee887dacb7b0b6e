import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Decodes each line of standard input (hexadecimal) as Java decodes UTF-8, and prints the text's bytes. */
public class JavaUtf8 {
    public static void main(String[] arguments) throws Exception {
        HexFormat hex = HexFormat.of();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        StringBuilder output = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String text = new String(hex.parseHex(line), StandardCharsets.UTF_8);
            output.append(hex.formatHex(text.getBytes(StandardCharsets.UTF_8))).append('\n');
        }
        System.out.print(output);
    }
}
