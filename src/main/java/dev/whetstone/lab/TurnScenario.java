package dev.whetstone.lab;

import java.io.IOException;

/** Users like praise until the first promotion, and blame from then on. */
final class TurnScenario implements Scenario {
  private static final int BEFORE = 700;
  private static final int AFTER = 700;
  private static final int PAIRS = 200;
  // 65:35 over v0 by the new taste, so that a champion near v0 does not count
  private static final double FOLLOWED = 0.65;

  @Override
  public String name() {
    return "turn";
  }

  @Override
  public String description() {
    return "the users' taste turns after the first promotion; until a champion follows, or "
        + AFTER
        + " more votes";
  }

  @Override
  public void play(LabSession session) throws IOException, InterruptedException {
    session.drive(
        BEFORE, Crowd.of(Taste.PRAISE, 0), Taste.PRAISE, () -> !session.promotions().isEmpty());
    if (session.promotions().isEmpty()) {
      return;
    }
    int turnedAt = session.votes();
    session.note("turned_at_vote", turnedAt);
    session.say("   the taste turns at vote " + turnedAt);
    Taste blame = Taste.PRAISE.reversed();
    Followed followed = new Followed(session, blame);
    session.drive(AFTER, Crowd.of(blame, 0), blame, followed);
    session.note("followed", followed.now() ? 1 : 0);
    session.note("votes_after_the_turn", session.votes() - turnedAt);
  }

  /** Measures each new champion once. */
  private static final class Followed implements LabSession.Stop {
    private final LabSession session;
    private final Taste taste;
    private int measured;
    private boolean followed;

    Followed(LabSession session, Taste taste) {
      this.session = session;
      this.taste = taste;
      this.measured = 1;
    }

    @Override
    public boolean now() throws IOException, InterruptedException {
      if (session.promotions().size() > measured) {
        measured = session.promotions().size();
        LabRow.Match match = session.measures().match(session.champion(), "v0", PAIRS, taste);
        followed = match.rate() >= FOLLOWED;
      }
      return followed;
    }
  }
}
