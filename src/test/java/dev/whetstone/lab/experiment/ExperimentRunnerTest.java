package dev.whetstone.lab.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.lab.LabFile;
import dev.whetstone.lab.Laboratory;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.testing.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experiments of a few dozen pairs: their shape, and what holds whatever luck they have. */
@Tag("slow")
class ExperimentRunnerTest {
  private static final List<Long> SEEDS = List.of(1L);

  @TempDir Path folder;

  private final List<String> said = new ArrayList<>();
  private Workshop workshop;
  private Path file;
  private ExperimentRunner runner;

  @BeforeEach
  void prepare() {
    Laboratory none =
        new Laboratory(new LabFile(folder.resolve("l")), folder, null, Map.of(), said::add);
    // the folder has no load-tests, so that TRL is missing wherever this runs
    workshop = new Workshop(TestModels::tiny, 2, folder, none, said::add);
    file = folder.resolve("rows.jsonl");
    runner = new ExperimentRunner(workshop, file, InstantSource.system());
  }

  @AfterEach
  void close() {
    workshop.close();
  }

  @Test
  void aCurveIsMeasuredOnceAndGoesOnWhereItWasStopped() throws Exception {
    Experiment stopped = new CurveExperiment(List.of(24), List.of(), true, 32);
    Experiment curve = new CurveExperiment(List.of(24, 48), List.of(), true, 32);

    ExperimentRunner.Outcome first = runner.run(stopped, SEEDS);
    ExperimentRunner.Outcome both = runner.run(curve, SEEDS);
    int lines = said.size();
    ExperimentRunner.Outcome again = runner.run(curve, SEEDS);

    assertThat(first.computed()).isEqualTo(2);
    assertThat(both.computed()).isEqualTo(1);
    assertThat(both.rows().subList(0, 2)).isEqualTo(first.rows());
    assertThat(again.computed()).isZero();
    assertThat(again.rows()).isEqualTo(both.rows());
    assertThat(said.subList(lines, said.size())).allMatch(line -> line.contains("left out"));
    assertThat(again.leftOut()).hasSize(2).allMatch(arm -> arm.contains("TRL is not installed"));
    both.rows().forEach(ExperimentRunnerTest::isSound);
    for (ExperimentRow base : of(both, Experiment.BASE)) {
      assertThat(base.measures()).containsEntry("kl", 0.0);
      assertThat(base.measures().get("win_rate")).isCloseTo(0.5, within(0.3));
    }
    assertThat(of(both, "one off-line run"))
        .extracting(row -> row.measures().get("kl"))
        .allMatch(kl -> kl != null && kl > 0);
    report(curve, both);
  }

  /** The plots and the table appear beside the rows. */
  private void report(Experiment curve, ExperimentRunner.Outcome outcome) throws IOException {
    ExperimentReport report = new ExperimentReport(curve, outcome.rows());
    String table = report.markdown("./whetstone lab experiment curve", outcome.leftOut());

    List<Path> written = report.write(file, table);

    assertThat(report.summaries())
        .filteredOn(summary -> !summary.arm().equals(Experiment.BASE))
        .extracting(Summary::x)
        .containsExactly(24.0, 48.0);
    assertThat(written)
        .extracting(path -> path.getFileName().toString())
        .containsExactly("rows.md", "rows-win-rate.svg", "rows-reward.svg", "rows-kl.svg");
    assertThat(Files.readString(file.resolveSibling("rows.md")))
        .contains("| one off-line run | 24 | 1 |")
        .contains("./whetstone lab experiment curve")
        .contains("Left out: plain DPO by TRL");
    assertThat(Files.readString(file.resolveSibling("rows-kl.svg"))).doesNotContain("NaN");
  }

  @Test
  void theCostSentenceIsCountedBeforeAndAfter() throws Exception {
    Experiment avoid = new AvoidExperiment(List.of(24), 32);

    ExperimentRunner.Outcome outcome = runner.run(avoid, SEEDS);

    outcome.rows().forEach(ExperimentRunnerTest::isSound);
    assertThat(outcome.rows())
        .extracting(ExperimentRow::arm)
        .containsExactly(
            Experiment.BASE, "recipe of the loop", "DPO alone", "SFT on the chosen answers");
    assertThat(of(outcome, Experiment.BASE).getFirst().measures().get("cost_rate"))
        .isBetween(0.05, 0.6);
  }

  @Test
  void poolsAreSelectedFromAndTrainedOn() throws Exception {
    ExperimentRunner.Outcome poisoned =
        runner.run(new NoiseExperiment(List.of(), List.of(0.3), 24, 16), SEEDS);
    runner.forget();
    ExperimentRunner.Outcome drifted =
        runner.run(
            new DriftExperiment(12, 1, List.of(5, DriftExperiment.EQUAL_WEIGHTS), List.of(), 16),
            SEEDS);
    runner.forget();
    ExperimentRunner.Outcome longer = runner.run(new LengthExperiment(List.of(1.0), 24, 16), SEEDS);

    assertThat(poisoned.rows())
        .extracting(ExperimentRow::arm)
        .containsExactly(Experiment.BASE, "one voter's, capped", "one voter's, not capped");
    // fifty votes of one voter are always taken, so that few are trained on alike
    assertThat(poisoned.rows().get(1).measures()).isEqualTo(poisoned.rows().get(2).measures());
    assertThat(of(drifted, "one off-line run, equal weights"))
        .extracting(ExperimentRow::x)
        .containsExactly(12.0, 24.0, 36.0);
    assertThat(longer.rows()).hasSize(6);
    List.of(poisoned, drifted, longer)
        .forEach(outcome -> outcome.rows().forEach(ExperimentRunnerTest::isSound));
  }

  @Test
  void aTrainedAdapterRanksItsPairsAsItWasTaught() throws Exception {
    ReviewBench bench = workshop.bench();
    List<TokenPair> pairs = bench.pairs(AvoidExperiment.NO_COST, "no cost", 1, 48);

    LoraAdapter adapter = bench.train(Recipe.LOOP.ofPairs(bench.base().config(), pairs, 1));

    double accuracy = bench.accuracy(adapter, pairs);
    assertThat(accuracy).isGreaterThan(0.75);
    assertThat(bench.accuracy(adapter, pairs.stream().map(TokenPair::flipped).toList()))
        .isCloseTo(1 - accuracy, within(1e-9));
  }

  @Test
  void withoutTrlReinforcementIsLeftOutWithTheReason() throws Exception {
    Experiment ppo = new PpoExperiment(24, 64, List.of(0.05), 16);
    Optional<String> obstacle = ppo.trials(SEEDS).getLast().obstacle(workshop);

    assertThat(obstacle)
        .hasValueSatisfying(why -> assertThat(why).contains("beside-ppo --install"));
  }

  @Test
  void rowsOfAnotherExperimentAreLeftAlone() throws Exception {
    runner.run(new AvoidExperiment(List.of(), 32), SEEDS);
    String before = Files.readString(file);

    assertThatThrownBy(
            () -> runner.run(new CurveExperiment(List.of(), List.of(), false, 32), SEEDS))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has rows of the experiment 'avoid'");
    assertThat(Files.readString(file)).isEqualTo(before);

    runner.forget();
    assertThat(file).doesNotExist();
  }

  private static List<ExperimentRow> of(ExperimentRunner.Outcome outcome, String arm) {
    return outcome.rows().stream().filter(row -> row.arm().equals(arm)).toList();
  }

  private static void isSound(ExperimentRow row) {
    Map<String, Double> measures = row.measures();
    assertThat(measures.values()).allMatch(Double::isFinite);
    assertThat(measures.get("win_rate")).isBetween(0.0, 1.0);
    assertThat(measures.get("cost_rate")).isBetween(0.0, 1.0);
    assertThat(measures.get("reward")).isBetween(-1.0, 1.0);
    assertThat(measures.get("kl")).isGreaterThan(-1e-3);
    assertThat(measures.get("perplexity")).isGreaterThanOrEqualTo(1);
    assertThat(measures.get("tokens")).isBetween(1.0, 96.0);
  }
}
