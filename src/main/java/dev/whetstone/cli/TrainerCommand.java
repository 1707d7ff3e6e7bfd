package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.app.ApplicationRunner;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.app.ProcessRole;
import io.quarkus.runtime.Quarkus;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the trainer until it is told to stop. */
@Command(
    name = "trainer",
    description = "Runs the trainer: trains on new votes; serves health and metrics only.",
    mixinStandardHelpOptions = true)
public final class TrainerCommand implements Callable<Integer> {
  private static final Duration ASK_AGAIN = Duration.ofMillis(200);

  @Option(names = "--with-parent", description = "Stop when standard input ends.")
  private boolean withParent;

  @Override
  public Integer call() throws IOException, InterruptedException {
    AppSettings environment = AppSettings.of(System::getenv);
    NativeLibraries.prepare(environment.nativeLibraries());
    GatewayCommand.requireFree(environment.trainerPort(), "WHETSTONE_TRAINER_PORT");
    GatewayCommand.prepare(environment);
    ProcessRole.TRAINER.declare();
    System.setProperty("quarkus.http.port", Integer.toString(environment.trainerPort()));
    if (withParent) {
      Thread.ofPlatform().name("whetstone-parent").daemon().start(TrainerCommand::outliveNobody);
    }
    return ApplicationRunner.run();
  }

  // The pipe ends with the process that holds its other end, however that one dies.
  private static void outliveNobody() {
    try {
      while (System.in.read() >= 0) {
        // nothing is ever said
      }
    } catch (IOException gone) {
      // as good as its end
    }
    // a request to end that comes before the application runs is forgotten
    while (!Thread.currentThread().isInterrupted()) {
      Quarkus.asyncExit(0);
      LockSupport.parkNanos(ASK_AGAIN.toNanos());
    }
  }
}
