package dev.whetstone.lab;

import java.io.IOException;
import java.util.List;

/** Nobody sees a pair: users press thumbs on single answers, and these train and decide. */
final class ThumbsScenario implements Scenario {
  private static final int PRESSED = 500;

  @Override
  public String name() {
    return "thumbs";
  }

  @Override
  public String description() {
    return PRESSED + " thumbs of users who like praise, on single answers alone";
  }

  @Override
  public void play(LabSession session) throws IOException, InterruptedException {
    session.lookAfter(List.of(300, PRESSED));
    session.drive(PRESSED, new Thumbs(Taste.PRAISE, Crowd.USERS), Taste.PRAISE);
  }
}
