package dev.whetstone.lab;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The same users vote from the beginning to the end.
 *
 * @param votes how many votes they cast
 * @param looks numbers of votes after which the champion is measured
 * @param truth the users' taste without errors; null where they have none
 */
record VotingScenario(
    String name,
    String description,
    Map<String, String> settings,
    int votes,
    List<Integer> looks,
    Crowd crowd,
    @Nullable Taste truth)
    implements Scenario {
  static VotingScenario tiny(
      String name,
      String description,
      int votes,
      List<Integer> looks,
      Crowd crowd,
      @Nullable Taste truth) {
    return new VotingScenario(name, description, LabSettings.TINY, votes, looks, crowd, truth);
  }

  @Override
  public void play(LabSession session) throws IOException, InterruptedException {
    session.lookAfter(looks);
    session.drive(votes, crowd, truth, LabSession.Stop.NEVER);
  }
}
