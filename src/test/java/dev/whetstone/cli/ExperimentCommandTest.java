package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.Whetstone;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ExperimentCommandTest {
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Whetstone.commandLine().setErr(new PrintWriter(err, true)).execute(arguments);
  }

  @Test
  void anUnknownExperimentIsRefusedByNamingTheOthers() {
    assertThat(run("lab", "experiment", "luck")).isEqualTo(2);
    assertThat(err.toString())
        .contains("curve, avoid, frontier, ppo, noise, backdoor, drift, length");
  }

  @Test
  void noSeedsAreNoExperiment() {
    assertThat(run("lab", "experiment", "avoid", "--seeds", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("--seeds takes a number from 1 to 100");
  }
}
