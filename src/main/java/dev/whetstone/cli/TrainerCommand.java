package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.settings.ProcessRole;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs the trainer until a signal, or with {@code --with-parent} its parent's end, stops it. */
@Command(
    name = "trainer",
    description = "Runs the trainer: trains on new votes; serves health and metrics only.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = "  WHETSTONE_DATABASE_URL=postgresql://whetstone@db/whetstone ./whetstone trainer")
public final class TrainerCommand implements Callable<Integer> {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  private ServerStart start;

  @Override
  public Integer call() throws IOException, InterruptedException {
    AppSettings settings = start.settings();
    ServerStart.requireFreePort(settings.trainerPort(), "WHETSTONE_TRAINER_PORT");
    return start.run(ProcessRole.TRAINER, settings, settings.trainerPort());
  }
}
