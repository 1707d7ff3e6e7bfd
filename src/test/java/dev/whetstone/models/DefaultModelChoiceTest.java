package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DefaultModelChoiceTest {
  private static final long GB = 1_000_000_000;
  private static final String QWEN = "qwen2.5-coder-0.5b-instruct";
  private static final String SMOLLM2 = "smollm2-135m-instruct";

  @TempDir Path home;
  private final List<String> said = new ArrayList<>();

  @Test
  void aNewHomeTakesTheDefaultAndKeepsItWhenMemoryIsShortLater() throws IOException {
    assertThat(choose(16, 100)).isEqualTo(QWEN);
    assertThat(choose(2, 100)).isEqualTo(QWEN);
    assertThat(said).isEmpty();
  }

  @Test
  void aMachineWithLittleMemoryTakesTheSmallModelSaysSoAndKeepsIt() throws IOException {
    assertThat(choose(5, 100)).isEqualTo(SMOLLM2);
    assertThat(said)
        .containsExactly(
            "qwen2.5-coder-0.5b-instruct wants 6.0 GB of memory, and 5.0 GB are free: serving"
                + " smollm2-135m-instruct instead (WHETSTONE_MODEL=qwen2.5-coder-0.5b-instruct takes it"
                + " all the same)");

    assertThat(choose(16, 100)).isEqualTo(SMOLLM2);
    assertThat(said.getLast())
        .startsWith("Serving smollm2-135m-instruct, as since the first start");
  }

  @Test
  void aDiskThatIsTooSmallTakesTheSmallModel() throws IOException {
    assertThat(choose(16, 2)).isEqualTo(SMOLLM2);
    assertThat(said).singleElement().asString().contains("GB of disk, and 2.0 GB are free");
  }

  @Test
  void aModelThatIsHereNeedsNoMoreDisk() throws IOException {
    imported(QWEN);

    assertThat(choose(16, 1)).isEqualTo(QWEN);
  }

  @Test
  void aHomeOfAnEarlierVersionKeepsTheModelThatItsVotesWereMadeFor() throws IOException {
    imported(SMOLLM2);

    assertThat(choose(16, 100)).isEqualTo(SMOLLM2);

    assertThat(said)
        .singleElement()
        .asString()
        .startsWith("This home holds smollm2-135m-instruct and keeps it, since votes and versions");
  }

  @Test
  void soDoesOneThatWasServedAndHoldsTheDefaultToo() throws IOException {
    imported(SMOLLM2);
    imported(QWEN);
    Files.createDirectory(home.resolve("postgres"));

    assertThat(choose(16, 100)).isEqualTo(SMOLLM2);
  }

  @Test
  void aHomeThatWasNeverServedAndHoldsBothTakesTheDefault() throws IOException {
    imported(SMOLLM2);
    imported(QWEN);

    assertThat(choose(16, 100)).isEqualTo(QWEN);
  }

  @Test
  void aChoiceThatIsNoModelIsRefused() throws IOException {
    Files.writeString(home.resolve("model.txt"), "gpt-5\n");

    assertThatThrownBy(() -> choose(16, 100))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("model.txt names 'gpt-5'");
  }

  @Test
  void availableMemoryIsTheSmallerOfMemAvailableAndALimit() throws IOException {
    Path meminfo = home.resolve("meminfo");
    Files.writeString(meminfo, "MemTotal: 9000 kB\nMemFree: 100 kB\nMemAvailable:    5000 kB\n");

    assertThat(MachineResources.memory(meminfo, 1 << 30)).isEqualTo(5000 * 1024);
    assertThat(MachineResources.memory(meminfo, 1000)).isEqualTo(1000);
    assertThat(MachineResources.memory(home.resolve("none"), 1000)).isEqualTo(1000);
    assertThat(MachineResources.memory()).isPositive();
    assertThat(MachineResources.disk(home.resolve("not/yet"))).isPositive();
  }

  private String choose(long memory, long disk) throws IOException {
    return new DefaultModelChoice(home, ModelCatalogue.open(Path.of("models")), said::add)
        .name(memory * GB, disk * GB);
  }

  private void imported(String model) throws IOException {
    Path folder = Files.createDirectories(home.resolve("models").resolve(model));
    Files.writeString(folder.resolve("manifest.json"), "{}");
  }
}
