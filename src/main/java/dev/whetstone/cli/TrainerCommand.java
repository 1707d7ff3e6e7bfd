package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.app.ApplicationRunner;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.app.ProcessRole;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the trainer until a signal, or with {@code --with-parent} its parent's end, stops it. */
@Command(
    name = "trainer",
    description = "Runs the trainer: trains on new votes; serves health and metrics only.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = "  WHETSTONE_DATABASE_URL=postgresql://whetstone@db/whetstone ./whetstone trainer")
public final class TrainerCommand implements Callable<Integer> {
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
      ApplicationRunner.exitWithParent();
    }
    return ApplicationRunner.run();
  }
}
