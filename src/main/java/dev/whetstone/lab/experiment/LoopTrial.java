package dev.whetstone.lab.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.lab.LabRow;
import dev.whetstone.lab.LabSession;
import dev.whetstone.lab.Scenario;
import dev.whetstone.lora.LoraAdapter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The loop as the lab plays it, at the settings of {@code ./run} but for what its voters change:
 * its champion after so many votes, ties included, is measured like any other policy.
 *
 * @param votes numbers of votes after which it is looked at, rising
 */
record LoopTrial(String arm, List<Integer> votes, long seed, int answers, Voters voters)
    implements Trial {
  LoopTrial {
    votes = List.copyOf(votes);
  }

  @Override
  public List<Double> xs() {
    return votes.stream().map(Integer::doubleValue).toList();
  }

  @Override
  public SortedMap<Double, Map<String, Double>> run(Workshop workshop)
      throws IOException, InterruptedException {
    Champions champions = new Champions(workshop);
    LabRow row = workshop.laboratory().play(champions, seed);
    if (row.failed() != null) {
      throw new IOException("the loop broke: " + row.failed());
    }
    return champions.measured;
  }

  /** What became of a loop's candidates so far. */
  static Map<String, Double> decisions(Iterable<JsonNode> rollouts) {
    Map<String, Double> counts = new TreeMap<>();
    List.of(Measure.PROMOTED, Measure.REFUSED, Measure.LOST, Measure.ROLLED_BACK)
        .forEach(measure -> counts.put(measure.key(), 0.0));
    for (JsonNode rollout : rollouts) {
      JsonNode duel = rollout.path("duel");
      boolean duelled = duel.path("wins").asInt() + duel.path("losses").asInt() > 0;
      List<Measure> counted =
          switch (rollout.path("status").asText()) {
            case "promoted" -> List.of(Measure.PROMOTED);
            case "rolled_back" -> List.of(Measure.PROMOTED, Measure.ROLLED_BACK);
            case "rejected" -> List.of(duelled ? Measure.LOST : Measure.REFUSED);
            case "inconclusive", "aborted" -> List.of(Measure.LOST);
            default -> List.of();
          };
      counted.forEach(measure -> counts.merge(measure.key(), 1.0, Double::sum));
    }
    return counts;
  }

  /** Looks at each champion while nobody votes. */
  private final class Champions implements Scenario {
    private final Workshop workshop;
    private final SortedMap<Double, Map<String, Double>> measured = new TreeMap<>();

    Champions(Workshop workshop) {
      this.workshop = workshop;
    }

    @Override
    public String name() {
      return voters.name();
    }

    @Override
    public String description() {
      return arm;
    }

    @Override
    public Map<String, String> settings() {
      Map<String, String> settings = new TreeMap<>(Scenario.super.settings());
      settings.putAll(voters.settings());
      return settings;
    }

    @Override
    public void play(LabSession session) throws IOException, InterruptedException {
      int cast = 0;
      for (int number : votes) {
        session.drive(number - cast, voters.crowds().apply(number), null, LabSession.Stop.NEVER);
        cast = number;
        Map<String, Double> measures =
            new TreeMap<>(
                workshop
                    .bench()
                    .measure(champion(session), voters.truth().apply(number), seed, answers));
        measures.putAll(
            decisions(session.gateway().get("operator", "/rollouts?limit=100").path("items")));
        measured.put((double) number, measures);
      }
    }

    private static @Nullable LoraAdapter champion(LabSession session)
        throws IOException, InterruptedException {
      String version = session.champion();
      if (version.equals("v0")) {
        return null;
      }
      Path folder = Files.createTempDirectory("whetstone-experiment-");
      try {
        return session.gateway().adapter(version, folder);
      } finally {
        AtomicDirectory.deleteTree(folder);
      }
    }
  }
}
