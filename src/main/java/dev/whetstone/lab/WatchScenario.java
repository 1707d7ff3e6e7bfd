package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Map;

/**
 * An operator promotes a version by hand, which loses two of three pairs to the champion, or equals
 * it; the users go on voting. Both are made of the champion's own adapter.
 */
final class WatchScenario implements Scenario {
  private static final int BEFORE = 700;
  private static final int PAIRS = 200;
  private static final double[] FACTORS = {0.85, 0.7, 0.55, 0.4, 0.25};
  // another adapter by its hash, the same by its answers
  private static final double EQUAL = 1.000001;

  private final boolean worse;
  private final int votesAfter;

  WatchScenario(boolean worse, int votesAfter) {
    this.worse = worse;
    this.votesAfter = votesAfter;
  }

  @Override
  public String name() {
    return worse ? "watch-worse" : "watch-equal";
  }

  @Override
  public String description() {
    return worse
        ? "an operator promotes a version that loses two of three pairs to the champion"
        : "an operator promotes a version that equals the champion";
  }

  @Override
  public void play(LabSession session) throws IOException, InterruptedException {
    Crowd crowd = Crowd.of(Taste.PRAISE, 0);
    session.drive(BEFORE, crowd, Taste.PRAISE, () -> !session.promotions().isEmpty());
    if (session.promotions().isEmpty()) {
      return;
    }
    String good = session.champion();
    String other = worse ? loser(session, good) : scaled(session, good, EQUAL);
    LabRow.Match truth = session.measures().match(other, good, PAIRS, Taste.PRAISE);
    session.note("win_rate_over_predecessor", truth.rate());
    session
        .gateway()
        .postForJson(
            "operator", "/policies/" + other + "/promote", Map.of("reason", "the lab tries it"));
    session.say("   %s is promoted by hand over %s".formatted(other, good));
    int begun = session.votes();
    Watched watched = new Watched(session, other);
    session.drive(votesAfter, crowd, Taste.PRAISE, watched);
    session.note("rolled_back", session.champion().equals(good) ? 1 : 0);
    session.note("votes_watched", watched.counted);
    session.note("votes_after_the_promotion", session.votes() - begun);
  }

  private static String loser(LabSession session, String good)
      throws IOException, InterruptedException {
    String nearest = good;
    double distance = Double.POSITIVE_INFINITY;
    for (double factor : FACTORS) {
      String version = scaled(session, good, factor);
      LabRow.Match match = session.measures().match(version, good, PAIRS, Taste.PRAISE);
      double away = Math.abs(match.rate() - 1 / 3.0);
      if (away < distance) {
        distance = away;
        nearest = version;
      }
    }
    return nearest;
  }

  private static String scaled(LabSession session, String version, double factor)
      throws IOException, InterruptedException {
    return new ScaledAdapter(session.gateway()).of(version, factor);
  }

  /** Stops when another version is champion, and counts what the gateway counts meanwhile. */
  private static final class Watched implements LabSession.Stop {
    private final LabSession session;
    private final String promoted;
    private int counted;

    Watched(LabSession session, String promoted) {
      this.session = session;
      this.promoted = promoted;
    }

    @Override
    public boolean now() throws IOException, InterruptedException {
      LabGateway.Answer learning = session.gateway().ask("operator", "/learning");
      JsonNode watch = learning.body().path("watch");
      int now = watch.path("wins").asInt() + watch.path("losses").asInt();
      counted = Math.max(counted, now);
      return !session.champion().equals(promoted);
    }
  }
}
