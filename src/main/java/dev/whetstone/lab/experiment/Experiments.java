package dev.whetstone.lab.experiment;

import dev.whetstone.settings.InvalidSettingException;
import java.util.List;

/** All experiments. */
public final class Experiments {
  private static final int ANSWERS = 512;
  private static final int FEWER_ANSWERS = 256;
  private static final int VOTES = 400;
  private static final int FEWER_VOTES = 200;
  private static final int FEW_VOTES = 100;
  private static final List<Integer> NUMBERS = List.of(25, 50, 100, 200, 400, 800, 1_600);

  private Experiments() {}

  /**
   * The experiments.
   *
   * @param small each takes at most ten minutes on two cores
   */
  public static List<Experiment> all(boolean small) {
    return small
        ? List.of(
            new CurveExperiment(NUMBERS.subList(0, 4), NUMBERS.subList(0, 4), true, FEWER_ANSWERS),
            new AvoidExperiment(List.of(25, 100), FEWER_ANSWERS),
            new FrontierExperiment(FEWER_VOTES, FEWER_ANSWERS),
            new PpoExperiment(FEWER_VOTES, 2_048, List.of(0.05), FEWER_ANSWERS),
            new NoiseExperiment(List.of(0.0, 0.2, 0.4), List.of(0.3), FEWER_VOTES, FEWER_ANSWERS),
            new BackdoorExperiment(List.of(0.3), List.of(100, 200), FEWER_ANSWERS),
            new DriftExperiment(
                FEW_VOTES, 2, List.of(50, DriftExperiment.EQUAL_WEIGHTS), List.of(), FEWER_ANSWERS),
            new LengthExperiment(List.of(0.0, 1.0), FEW_VOTES, FEWER_ANSWERS))
        : List.of(
            new CurveExperiment(NUMBERS, NUMBERS, true, ANSWERS),
            new AvoidExperiment(NUMBERS.subList(0, 5), ANSWERS),
            new FrontierExperiment(VOTES, ANSWERS),
            new PpoExperiment(VOTES, 8_192, List.of(0.02, 0.05, 0.2), ANSWERS),
            new NoiseExperiment(
                List.of(0.0, 0.1, 0.2, 0.3, 0.4), List.of(0.01, 0.05, 0.1, 0.3), VOTES, ANSWERS),
            new BackdoorExperiment(List.of(0.1, 0.3), List.of(100, 200, 300, 400, 500), ANSWERS),
            new DriftExperiment(
                VOTES,
                4,
                List.of(100, DriftExperiment.DEFAULT_HALF_LIFE, DriftExperiment.EQUAL_WEIGHTS),
                List.of(DriftExperiment.DEFAULT_HALF_LIFE, DriftExperiment.EQUAL_WEIGHTS),
                ANSWERS),
            new LengthExperiment(List.of(0.0, 0.25, 0.5, 0.75, 1.0), VOTES, ANSWERS));
  }

  /**
   * The experiment of a name.
   *
   * @throws InvalidSettingException naming those that there are
   */
  public static Experiment named(String name, boolean small) {
    List<Experiment> all = all(small);
    return all.stream()
        .filter(experiment -> experiment.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidSettingException(
                    "there is no experiment '%s'; there are %s"
                        .formatted(
                            name, String.join(", ", all.stream().map(Experiment::name).toList()))));
  }
}
