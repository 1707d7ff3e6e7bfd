package dev.whetstone.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.app.AppSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A start of the lab at the settings of {@code ./run}, with real processes and users who err. */
class LabIT {
  @TempDir Path folder;

  @Test
  void usersWhoErrTeachNothingWorse() throws Exception {
    LabFile file = new LabFile(folder.resolve("lab.jsonl"));
    Laboratory lab =
        new Laboratory(
            file,
            AppSettings.of(System::getenv).nativeLibraries(),
            folder.resolve("homes"),
            Map.of(),
            line -> {});
    Scenario noisy =
        VotingScenario.tiny(
            "noisy",
            "votes of which a fifth is the wrong way round",
            150,
            List.of(15, 20),
            Crowd.of(Taste.PRAISE, 0.2),
            Taste.PRAISE);

    LabRow row = lab.play(noisy, 5);

    assertThat(row.failed()).isNull();
    assertThat(row.votes()).isEqualTo(150);
    assertThat(row.usable()).isBetween(90, 150);
    assertThat(row.champion()).extracting(LabRow.Look::label).containsExactly("15", "20", "end");
    assertThat(row.champion().subList(0, 2))
        .allMatch(look -> look.version().equals("v0") && look.kl() == 0);
    assertThat(row.champion().getFirst()).isEqualTo(relabelled(row.champion().get(1)));
    assertThat(file.rows()).containsExactly(row);
    assertThat(file.has("noisy", 5)).isTrue();
    assertThat(row.failures()).isEmpty();
    assertThat(row.runs().get("succeeded")).isGreaterThanOrEqualTo(2);
    // a candidate that users prefer one time in three wins no duel
    assertThat(row.candidates().stream().filter(c -> c.status().equals("promoted")))
        .extracting(LabRow.Candidate::truth)
        .allSatisfy(truth -> assertThat(2 * truth.wins()).isGreaterThan(truth.losses()));
    assertThat(row.champion().getLast().praise())
        .isGreaterThan(row.champion().getFirst().praise() - 0.3);
  }

  /** Seeded answers of one version are the same at every look. */
  private static LabRow.Look relabelled(LabRow.Look later) {
    return new LabRow.Look(
        "15",
        later.version(),
        later.praise(),
        later.kl(),
        later.trimmedKl(),
        later.words(),
        later.distinct(),
        later.ended());
  }
}
