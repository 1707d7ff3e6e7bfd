package dev.whetstone;

import dev.whetstone.cli.BackupCommand;
import dev.whetstone.cli.BenchCommand;
import dev.whetstone.cli.CommandHelp;
import dev.whetstone.cli.CompletionCommand;
import dev.whetstone.cli.DemoCommand;
import dev.whetstone.cli.ErrorMessages;
import dev.whetstone.cli.GatewayCommand;
import dev.whetstone.cli.ImportCommand;
import dev.whetstone.cli.KeysCommand;
import dev.whetstone.cli.LabCommand;
import dev.whetstone.cli.ModelsCommand;
import dev.whetstone.cli.OpenCommand;
import dev.whetstone.cli.PoliciesCommand;
import dev.whetstone.cli.ReplayCommand;
import dev.whetstone.cli.RestoreCommand;
import dev.whetstone.cli.RollbackCommand;
import dev.whetstone.cli.TrainCommand;
import dev.whetstone.cli.TrainerCommand;
import dev.whetstone.settings.InvalidSettingException;
import io.quarkus.runtime.annotations.QuarkusMain;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Entry point of every process and command. {@link CommandHelp} has what all of them share, exit
 * codes among it.
 */
@QuarkusMain
@Command(
    name = "whetstone",
    description = "Serves a chat model and hones it on its users' choices.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone demo",
      "  ./whetstone policies list",
      "  ./whetstone train --help",
      "",
      "With WHETSTONE_DEBUG=1 a failure prints its stack too.",
      "In a source tree, ./whetstone package makes target/whetstone-VERSION.tar.gz, whose ./run"
          + " starts without building."
    },
    subcommands = {
      DemoCommand.class,
      PoliciesCommand.class,
      RollbackCommand.class,
      ReplayCommand.class,
      OpenCommand.class,
      KeysCommand.class,
      ModelsCommand.class,
      ImportCommand.class,
      TrainCommand.class,
      LabCommand.class,
      BenchCommand.class,
      GatewayCommand.class,
      TrainerCommand.class,
      BackupCommand.class,
      RestoreCommand.class,
      CompletionCommand.class
    })
public final class Whetstone {
  public static void main(String... args) {
    System.exit(commandLine().execute(args));
  }

  /**
   * All commands. A failure prints one line on standard error, with WHETSTONE_DEBUG its stack too.
   */
  public static CommandLine commandLine() {
    return CommandHelp.complete(new CommandLine(new Whetstone()))
        .setExecutionExceptionHandler(Whetstone::report);
  }

  private static int report(
      Exception failure, CommandLine command, CommandLine.ParseResult arguments) {
    command.getErr().println("whetstone: " + ErrorMessages.of(failure));
    if (System.getenv("WHETSTONE_DEBUG") != null) {
      failure.printStackTrace(command.getErr());
    }
    return failure instanceof InvalidSettingException ? 2 : 1;
  }
}
