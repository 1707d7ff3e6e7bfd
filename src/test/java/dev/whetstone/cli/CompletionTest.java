package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.Whetstone;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What bash offers with the script of {@code ./whetstone completion}. */
class CompletionTest {
  @TempDir Path folder;

  @Test
  void bashCompletesCommandsOptionsAndValues() throws Exception {
    StringWriter script = new StringWriter();
    assertThat(Whetstone.commandLine().setOut(new PrintWriter(script, true)).execute("completion"))
        .isZero();
    Path file = Files.writeString(folder.resolve("completion"), script.toString());

    assertThat(offered(file, "po")).containsExactly("policies");
    assertThat(offered(file, "keys", "")).contains("create", "list", "revoke");
    assertThat(offered(file, "policies", "promote", "--re")).containsExactly("--reason");
    assertThat(offered(file, "keys", "create", "op")).containsExactly("operator");
    assertThat(offered(file, "keys", "create", "chat", "--users", "app"))
        .containsExactly("application");
    assertThat(offered(file, "lab", "run", "cle")).contains("clean");
  }

  /** What is offered for the last of some words after ./whetstone. */
  private List<String> offered(Path script, String... words)
      throws IOException, InterruptedException {
    String line =
        Stream.concat(Stream.of("./whetstone"), Stream.of(words))
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" "));
    String program =
        "source '%s'; COMP_WORDS=(%s); COMP_CWORD=%d; $(complete -p whetstone | sed -E 's/.*-F (\\S+).*/\\1/');"
                .formatted(script, line, words.length)
            + " printf '%s\\n' \"${COMPREPLY[@]}\"";
    Process bash =
        new ProcessBuilder("bash", "-c", program)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String output = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return output.lines().map(String::strip).filter(word -> !word.isEmpty()).toList();
  }
}
