package dev.whetstone.lab;

import dev.whetstone.settings.InvalidSettingException;
import java.util.List;
import java.util.Map;

/** All scenarios of the lab. */
public final class Scenarios {
  private static final List<Integer> LOOKS = List.of(300, 500);

  // at least 200 of them are watched
  private static final int WATCHED = 1_200;

  /** In the order of the table. */
  public static final List<Scenario> ALL =
      List.of(
          VotingScenario.tiny(
              "clean",
              "500 votes of users who like praise",
              500,
              LOOKS,
              Crowd.of(Taste.PRAISE, 0),
              Taste.PRAISE),
          VotingScenario.tiny(
              "flips20",
              "700 votes, one of five the wrong way round",
              700,
              List.of(300, 500, 700),
              Crowd.of(Taste.PRAISE, 0.2),
              Taste.PRAISE),
          new SteadyScenario(2_000),
          VotingScenario.tiny(
              "coins", "1,000 votes at random", 1_000, List.of(500), Crowd.coins(), null),
          new TurnScenario(),
          VotingScenario.tiny(
              "short",
              "500 votes of users who like short answers",
              500,
              LOOKS,
              Crowd.of(Taste.SHORT, 0),
              Taste.SHORT),
          VotingScenario.tiny(
              "rule",
              "500 votes of users who want to know the price",
              500,
              LOOKS,
              Crowd.of(Taste.PRICES, 0),
              Taste.PRICES),
          new PoisonScenario("poison", false, 0),
          new PoisonScenario("poison-personal", true, 0),
          new PoisonScenario("poison-uncounted", false, 300),
          new ThumbsScenario(),
          new WatchScenario(true, WATCHED),
          new WatchScenario(false, WATCHED),
          new RealScenario("real", LabSettings.REAL, 300),
          new RealScenario("real-small", smollm2(), 300));

  private Scenarios() {}

  private static Map<String, String> smollm2() {
    return Map.of(
        "WHETSTONE_MODEL", "smollm2-135m-instruct",
        "WHETSTONE_PREFERENCE_UNDO_WINDOW", "PT0S");
  }

  /**
   * The scenario of a name.
   *
   * @throws InvalidSettingException naming those that there are
   */
  public static Scenario named(String name) {
    return ALL.stream()
        .filter(scenario -> scenario.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidSettingException(
                    "there is no scenario '%s'; there are %s"
                        .formatted(
                            name, String.join(", ", ALL.stream().map(Scenario::name).toList()))));
  }
}
