package dev.whetstone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.dpo.TrainConfig;
import dev.whetstone.dpo.TrainConfigFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TrainCommandTest {
  private record Said(int code, String text) {}

  @TempDir Path folder;

  @Test
  void printsEverySettingInTheFormThatItReads() throws Exception {
    Path config = folder.resolve("train.json");
    Files.writeString(config, "{\"beta\": 0.25, \"eval_steps\": \"auto\"}");

    Said said = train("--print-config", "--config=" + config);

    assertThat(said.code).as(said.text).isZero();
    assertThat(said.text).contains("\"learning_rate\"", "\"lora_rank\"", "\"auto\"");
    TrainConfig read = TrainConfigFile.read(said.text, TrainConfig.plain());
    assertThat(read).isEqualTo(TrainConfigFile.read(Files.readString(config), TrainConfig.plain()));
    assertThat(read.loss().beta()).isEqualTo(0.25);
  }

  @Test
  void saysWhatIsMissingOrWrong() throws Exception {
    assertThat(train("--out=" + folder.resolve("run")).text).contains("--pairs");
    Path config = folder.resolve("train.json");
    Files.writeString(config, "{\"learning_rat\": 1}");

    Said said = train("--print-config", "--config=" + config);

    assertThat(said.code).isNotZero();
    assertThat(said.text).contains("unknown settings: learning_rat").doesNotContain("\tat ");
  }

  private Said train(String... options) throws IOException, InterruptedException {
    ProcessBuilder builder = CommandProcess.of(folder, "train");
    builder.command().addAll(List.of(options));
    Process process = builder.start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(process.waitFor(), text);
  }
}
