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

/** Runs the trainer until a signal, or with {@code --with-parent} its parent's end, stops it. */
@Command(
    name = "trainer",
    description = "Runs the trainer: trains on new votes; serves health and metrics only.",
    mixinStandardHelpOptions = true)
public final class TrainerCommand implements Callable<Integer> {
  private static final Duration EXIT_RETRY = Duration.ofMillis(200);

  @Option(names = "--with-parent", description = "Stop when standard input ends.")
  private boolean withParent;

  @Override
  public Integer call() throws IOException, InterruptedException {
    AppSettings settings = AppSettings.of(System::getenv).withModel(System.out::println);
    NativeLibraries.prepare(settings.nativeLibraries());
    GatewayCommand.requireFreePort(settings.trainerPort(), "WHETSTONE_TRAINER_PORT");
    GatewayCommand.prepareModel(settings);
    System.setProperty("WHETSTONE_MODEL", settings.model());
    ProcessRole.TRAINER.declare();
    System.setProperty("quarkus.http.port", Integer.toString(settings.trainerPort()));
    if (withParent) {
      Thread.ofPlatform().name("whetstone-parent").daemon().start(TrainerCommand::exitWithParent);
    }
    return ApplicationRunner.run();
  }

  // Standard input is a pipe from the parent; it ends with the parent, even if that is killed.
  private static void exitWithParent() {
    try {
      while (System.in.read() >= 0) {
        // the parent writes nothing
      }
    } catch (IOException closed) {
      // means the same as the end of the pipe
    }
    // repeated, because Quarkus ignores a request to exit before the application runs
    while (!Thread.currentThread().isInterrupted()) {
      Quarkus.asyncExit(0);
      LockSupport.parkNanos(EXIT_RETRY.toNanos());
    }
  }
}
