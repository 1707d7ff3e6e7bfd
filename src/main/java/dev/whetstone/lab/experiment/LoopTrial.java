package dev.whetstone.lab.experiment;

import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.lab.Crowd;
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
 * The loop as the lab plays it, at the settings of {@code ./run}: its champion after so many votes,
 * ties included, is measured like any other policy.
 */
record LoopTrial(String arm, List<Integer> votes, long seed, int answers) implements Trial {
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

  /** Looks at each champion while nobody votes. */
  private final class Champions implements Scenario {
    private final Workshop workshop;
    private final SortedMap<Double, Map<String, Double>> measured = new TreeMap<>();

    Champions(Workshop workshop) {
      this.workshop = workshop;
    }

    @Override
    public String name() {
      return "curve";
    }

    @Override
    public String description() {
      return "votes of users who like a larger share of praise";
    }

    @Override
    public void play(LabSession session) throws IOException, InterruptedException {
      Crowd crowd = Crowd.of(ReviewBench.QUESTIONS, CurveExperiment.TASTE, 0);
      int cast = 0;
      for (int number : votes) {
        session.drive(number - cast, crowd, null, LabSession.Stop.NEVER);
        cast = number;
        measured.put(
            (double) number,
            workshop.bench().measure(champion(session), CurveExperiment.TASTE, seed, answers));
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
