package dev.whetstone.lab.experiment;

import dev.whetstone.benchmark.CpuInfo;
import dev.whetstone.lab.JsonLines;
import dev.whetstone.settings.BuildInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** Does the trials of an experiment whose rows are not in its file yet. */
public final class ExperimentRunner {
  private final Workshop workshop;
  private final Path path;
  private final JsonLines<ExperimentRow> file;
  private final InstantSource clock;

  /**
   * What came of it.
   *
   * @param computed rows that were not in the file before
   * @param leftOut arms that cannot be measured here, each with the reason
   */
  public record Outcome(int computed, List<ExperimentRow> rows, List<String> leftOut) {
    public Outcome {
      rows = List.copyOf(rows);
      leftOut = List.copyOf(leftOut);
    }
  }

  public ExperimentRunner(Workshop workshop, Path path, InstantSource clock) {
    this.workshop = workshop;
    this.path = path;
    this.file = new JsonLines<>(path, ExperimentRow.class, "a row of an experiment");
    this.clock = clock;
  }

  /** Forgets all rows. */
  public void forget() throws IOException {
    Files.deleteIfExists(path);
  }

  /**
   * Goes on where the file ends.
   *
   * @throws IOException when a trial failed or the file is of another experiment
   */
  public Outcome run(Experiment experiment, List<Long> seeds)
      throws IOException, InterruptedException {
    List<ExperimentRow> rows = new ArrayList<>(rows(experiment));
    List<Trial> open =
        experiment.trials(seeds).stream().filter(trial -> !isDone(trial, rows)).toList();
    List<String> leftOut = new ArrayList<>();
    int before = rows.size();
    Instant began = clock.instant();
    for (int i = 0; i < open.size(); i++) {
      Trial trial = open.get(i);
      Optional<String> obstacle = trial.obstacle(workshop);
      if (obstacle.isPresent()) {
        leaveOut(trial.arm() + ": " + obstacle.get(), leftOut);
        continue;
      }
      for (ExperimentRow row : run(experiment, trial)) {
        file.append(row);
        rows.add(row);
      }
      workshop.say(
          "   %d of %d; %s".formatted(i + 1, open.size(), left(began, i + 1, open.size())));
    }
    return new Outcome(rows.size() - before, ofTrials(experiment, seeds, rows), leftOut);
  }

  private List<ExperimentRow> rows(Experiment experiment) throws IOException {
    List<ExperimentRow> rows = file.read();
    Optional<ExperimentRow> other =
        rows.stream().filter(row -> !row.experiment().equals(experiment.name())).findFirst();
    if (other.isPresent()) {
      throw new IOException(
          "%s has rows of the experiment '%s'".formatted(path, other.get().experiment()));
    }
    return rows;
  }

  private static boolean isDone(Trial trial, List<ExperimentRow> rows) {
    return trial.xs().stream().allMatch(x -> rows.stream().anyMatch(row -> row.isOf(trial, x)));
  }

  /**
   * The rows that were asked for, in the order of the trials: another call may have added others.
   */
  private static List<ExperimentRow> ofTrials(
      Experiment experiment, List<Long> seeds, List<ExperimentRow> rows) {
    List<ExperimentRow> asked = new ArrayList<>();
    for (Trial trial : experiment.trials(seeds)) {
      for (double x : trial.xs()) {
        rows.reversed().stream()
            .filter(row -> row.isOf(trial, x))
            .findFirst()
            .ifPresent(asked::add);
      }
    }
    return asked;
  }

  private void leaveOut(String arm, List<String> leftOut) {
    if (!leftOut.contains(arm)) {
      workshop.say("   left out: " + arm);
      leftOut.add(arm);
    }
  }

  private List<ExperimentRow> run(Experiment experiment, Trial trial)
      throws IOException, InterruptedException {
    workshop.say("%s: %s, seed %d".formatted(experiment.name(), where(trial), trial.seed()));
    Instant start = clock.instant();
    SortedMap<Double, Map<String, Double>> measured = trial.run(workshop);
    double seconds = Duration.between(start, clock.instant()).toMillis() / 1000.0 / measured.size();
    List<ExperimentRow> rows = new ArrayList<>();
    for (Map.Entry<Double, Map<String, Double>> at : measured.entrySet()) {
      rows.add(
          new ExperimentRow(
              experiment.name(),
              trial.arm(),
              at.getKey(),
              trial.seed(),
              at.getValue(),
              BuildInfo.version(),
              CpuInfo.name(),
              start.toString(),
              seconds));
      workshop.say("   " + line(experiment, at.getKey(), at.getValue()));
    }
    return rows;
  }

  private static String where(Trial trial) {
    return trial.xs().size() == 1
        ? "%s at %s".formatted(trial.arm(), trial.xs().getFirst())
        : trial.arm();
  }

  private static String line(Experiment experiment, double x, Map<String, Double> measures) {
    List<String> parts = new ArrayList<>();
    for (Measure measure : experiment.measures()) {
      Double value = measures.get(measure.key());
      if (value != null) {
        parts.add(String.format(Locale.ROOT, "%s %.3f", measure.key(), value));
      }
    }
    return x + ": " + String.join(", ", parts);
  }

  private String left(Instant began, int done, int all) {
    Duration each = Duration.between(began, clock.instant()).dividedBy(done);
    return "about %d min left".formatted(each.multipliedBy(all - done).plusSeconds(30).toMinutes());
  }
}
