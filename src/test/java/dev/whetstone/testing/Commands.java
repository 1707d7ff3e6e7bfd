package dev.whetstone.testing;

import dev.whetstone.Whetstone;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** All commands of {@code ./whetstone}. */
public final class Commands {
  private Commands() {}

  /** Each command before those below it, in the order of the help. */
  public static Stream<CommandSpec> all() {
    return withThoseBelow(Whetstone.commandLine());
  }

  private static Stream<CommandSpec> withThoseBelow(CommandLine command) {
    return Stream.concat(
        Stream.of(command.getCommandSpec()),
        command.getSubcommands().values().stream().flatMap(Commands::withThoseBelow));
  }
}
