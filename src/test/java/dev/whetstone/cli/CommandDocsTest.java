package dev.whetstone.cli;

import dev.whetstone.testing.Commands;
import dev.whetstone.testing.GeneratedDocs;
import java.io.IOException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/**
 * docs/commands.md is what each command's {@code --help} prints. {@code ./test
 * -Dtest=CommandDocsTest -Dwrite-docs} writes it anew.
 */
class CommandDocsTest {
  @Test
  void thePageIsTheHelpOfAllCommands() throws IOException {
    GeneratedDocs.of("commands.md", CommandDocsTest.class)
        .holds(Commands.all().map(CommandDocsTest::section).collect(Collectors.joining()));
  }

  private static String section(CommandSpec command) {
    String help = command.commandLine().getUsageMessage(Ansi.OFF);
    return "\n## `%s`\n\n```\n%s\n```\n"
        .formatted(
            command.qualifiedName(),
            help.lines().map(String::stripTrailing).collect(Collectors.joining("\n")).strip());
  }
}
