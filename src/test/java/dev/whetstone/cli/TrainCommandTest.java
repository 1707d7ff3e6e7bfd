package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.Whetstone;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
  private record Result(int code, String out, String err) {}

  @TempDir Path folder;

  private Path config = Path.of("");
  private Path pairs = Path.of("");

  @BeforeEach
  void files() throws IOException {
    config = folder.resolve("train.json");
    pairs = folder.resolve("pairs.jsonl");
    Files.writeString(config, "{\"beta\": 0.25, \"eval_steps\": \"auto\"}");
    Files.writeString(pairs, "");
  }

  @Test
  void printsEverySettingInTheFormThatItReads() throws IOException {
    Result result = train("--print-config", "--config=" + config);

    assertThat(result.code).as(result.err).isZero();
    assertThat(result.out).contains("\"learning_rate\"", "\"lora_rank\"", "\"auto\"");
    TrainConfig read = TrainConfigFile.read(result.out, TrainConfig.plain());
    assertThat(read).isEqualTo(TrainConfigFile.read(Files.readString(config), TrainConfig.plain()));
    assertThat(read.loss().beta()).isEqualTo(0.25);
  }

  @Test
  void namesTheSettingThatIsWrongAndItsFile() throws IOException {
    Files.writeString(config, "{\"learning_rat\": 1}");
    assertRefused(config + ": unknown settings: learning_rat", "--config=" + config);

    Files.write(config, new byte[] {(byte) 0xff, 1, 2});
    assertRefused(config + " is not UTF-8 text", "--config=" + config);
  }

  @Test
  void namesTheFileThatIsNotThere() {
    assertRefused(
        "there is no file " + folder.resolve("none"), "--config=" + folder.resolve("none"));
    pairs = folder.resolve("none");
    assertRefused("there is no file " + pairs);
    pairs = folder;
    assertRefused(folder + " is a directory");
  }

  private void assertRefused(String because, String... options) {
    String[] all = new String[options.length + 2];
    System.arraycopy(options, 0, all, 0, options.length);
    all[options.length] = "--pairs=" + pairs;
    all[options.length + 1] = "--out=" + folder.resolve("run");

    Result result = train(all);

    assertThat(result.code).isEqualTo(2);
    assertThat(result.err).contains(because).hasLineCount(1);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  private static Result train(String... options) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] line = new String[options.length + 1];
    line[0] = "train";
    System.arraycopy(options, 0, line, 1, options.length);
    int code =
        Whetstone.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(line);
    return new Result(code, out.toString(), err.toString());
  }
}
