package dev.whetstone.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./run} does when the gateway ends, with a script in the gateway's place. */
class SuperviseTest {
  @TempDir Path folder;
  private Path calls;

  private record Result(int code, String output, long calls) {}

  @BeforeEach
  void count() {
    calls = folder.resolve("calls");
  }

  @Test
  void whatCrashedIsStartedAgain() throws Exception {
    Result result = supervise("[ $(wc -l <\"$calls\") -gt 3 ] && exit 0; exit 70");

    assertThat(result.code()).isZero();
    assertThat(result.calls()).isEqualTo(4);
    assertThat(result.output())
        .contains("code 70 (one of its threads had failed; the log says which)");
  }

  @Test
  void aFullHeapAndAKillAreCrashes() throws Exception {
    assertThat(supervise("[ $(wc -l <\"$calls\") -gt 1 ] && exit 0; exit 3").calls()).isEqualTo(2);
    Files.delete(calls);
    Result killed = supervise("[ $(wc -l <\"$calls\") -gt 1 ] && exit 0; kill -9 $$");
    assertThat(killed.calls()).isEqualTo(2);
    assertThat(killed.output()).contains("code 137");
  }

  @Test
  void whatCrashesAgainAndAgainEndsWithItsCode() throws Exception {
    Result result = supervise("exit 70");

    assertThat(result.code()).isEqualTo(70);
    assertThat(result.calls()).isEqualTo(5);
    assertThat(result.output()).contains("it is not started again");
  }

  @Test
  void whatEndsByItselfIsNotStartedAgain() throws Exception {
    Result result = supervise("exit 1");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.calls()).isEqualTo(1);
  }

  @Test
  void aSignalToTheShellEndsBoth() throws Exception {
    Process shell =
        start("trap 'echo orderly >>\"$calls\"; exit 143' TERM; while :; do sleep 0.05; done");
    awaitCall();

    shell.destroy();

    assertThat(shell.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(shell.exitValue()).isEqualTo(143);
    assertThat(Files.readAllLines(calls)).containsExactly("x", "orderly");
  }

  @Test
  void theChildSeesTheEndOfAKilledShell() throws Exception {
    Process shell = start("cat; echo alone >\"$calls.alone\"");
    awaitCall();

    shell.destroyForcibly().waitFor();

    Path alone = folder.resolve("calls.alone");
    await().until(() -> Files.exists(alone));
  }

  private void awaitCall() {
    await().until(() -> Files.exists(calls));
  }

  private Result supervise(String gateway) throws Exception {
    Process shell = start(gateway);
    String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(shell.waitFor(), output, Files.readAllLines(calls).size());
  }

  private Process start(String gateway) throws Exception {
    String script = "set -euo pipefail; source src/main/sh/supervise.sh; supervise bash -c \"$0\"";
    ProcessBuilder shell =
        new ProcessBuilder("bash", "-c", script, "echo x >>\"$calls\"; " + gateway)
            .redirectErrorStream(true);
    shell.environment().put("WHETSTONE_RESTART_PAUSE", "0");
    shell.environment().put("calls", calls.toString());
    return shell.start();
  }
}
