package dev.whetstone.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.app.AppSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short start of the lab, with real processes. */
class LabIT {
  @TempDir Path folder;

  @Test
  void aStartBecomesARow() throws Exception {
    LabFile file = new LabFile(folder.resolve("lab.jsonl"));
    Laboratory lab =
        new Laboratory(
            file,
            AppSettings.of(System::getenv).nativeLibraries(),
            folder.resolve("homes"),
            Map.of(),
            line -> {});
    Scenario few =
        VotingScenario.tiny(
            "few", "a few votes", 20, List.of(15), Crowd.of(Taste.PRAISE, 0), Taste.PRAISE);

    LabRow row = lab.play(few, 5);

    assertThat(row.failed()).isNull();
    assertThat(row.votes()).isEqualTo(20);
    assertThat(row.usable()).isBetween(10, 20);
    assertThat(row.promotions()).isEmpty();
    assertThat(row.champion()).extracting(LabRow.Look::label).containsExactly("15", "end");
    assertThat(row.champion()).allMatch(look -> look.version().equals("v0") && look.kl() == 0);
    assertThat(row.champion().getFirst()).isEqualTo(relabelled(row.champion().getLast()));
    assertThat(file.rows()).containsExactly(row);
    assertThat(file.has("few", 5)).isTrue();
  }

  /** Seeded answers of one version are the same at every look. */
  private static LabRow.Look relabelled(LabRow.Look end) {
    return new LabRow.Look(
        "15",
        end.version(),
        end.praise(),
        end.kl(),
        end.trimmedKl(),
        end.words(),
        end.distinct(),
        end.ended());
  }
}
