package dev.whetstone.dpo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.network.Parameter;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
  private static final List<Parameter> NO_WEIGHTS = List.of();

  @TempDir Path folder;

  @Test
  void aTrainedModelKeepsAllChatTemplatesOfItsBase() throws IOException {
    Path base = Files.createDirectory(folder.resolve("base"));
    try (Stream<Path> files = Files.list(TestModels.tiny().path())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, base.resolve(file.getFileName()));
      }
    }
    Path named = Files.createDirectory(base.resolve("additional_chat_templates"));
    Files.writeString(named.resolve("tool_use.jinja"), "tools");
    TrainingJob job =
        new TrainingJob(
            ModelDirectory.open(base),
            List.of(new TokenPair("p", new int[] {3}, new int[] {4}, new int[] {5}, 1)),
            List.of(),
            TrainConfig.plain(),
            null,
            folder.resolve("run"),
            false);

    RunDirectory.open(job).write(NO_WEIGHTS);

    Path model = folder.resolve("run").resolve(RunDirectory.MODEL);
    assertThat(model.resolve("additional_chat_templates/tool_use.jinja")).hasContent("tools");
    assertThat(model.resolve("chat_template.jinja"))
        .hasSameTextualContentAs(base.resolve("chat_template.jinja"));
    assertThat(model.resolve("tokenizer.json")).exists();
  }
}
