package dev.whetstone.lab;

import java.io.IOException;
import java.util.Map;

/** An experiment: who votes, for how long, and what is measured on the way. */
public interface Scenario {
  /** The name on the command line and in the file. */
  String name();

  /** What it plays, in one line. */
  String description();

  /** Environment variables that differ from those of {@code ./run}. */
  default Map<String, String> settings() {
    return LabSettings.TINY;
  }

  /** Plays one start against a gateway that is ready. */
  void play(LabSession session) throws IOException, InterruptedException;
}
