package dev.whetstone.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What the help and the argument errors of all commands share. */
public final class CommandHelp {
  /** The heading of a command's examples, which its footer lists. */
  public static final String EXAMPLES = "%nExamples:%n";

  /** What {@link #codes} lists, in the order of the help. */
  private static final Map<String, String> EXIT_CODES = exitCodes();

  private static final int WIDTH = 100;

  private CommandHelp() {}

  private static Map<String, String> exitCodes() {
    Map<String, String> codes = new LinkedHashMap<>();
    codes.put("0", "Success.");
    codes.put("1", "Failure; one line on standard error says why.");
    codes.put("2", "Arguments or settings that cannot be used.");
    codes.put("128+N", "Ended by signal N, as in 143 for SIGTERM.");
    return codes;
  }

  /** Gives a command and all below it their exit codes, version and errors of one form. */
  public static CommandLine complete(CommandLine command) {
    codes(command);
    return command
        .setUsageHelpWidth(WIDTH)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((failure, _) -> refuse(failure));
  }

  private static void codes(CommandLine command) {
    UsageMessageSpec usage = command.getCommandSpec().usageMessage();
    usage.exitCodeListHeading("%nExit codes:%n");
    usage.exitCodeList(EXIT_CODES);
    command.getCommandSpec().versionProvider(new VersionProvider());
    command.getSubcommands().values().forEach(CommandHelp::codes);
  }

  /** Says in two lines what is wrong and where the help is; lists commands where one is missing. */
  private static int refuse(ParameterException failure) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("whetstone: " + failure.getMessage());
    boolean unmatched = failure instanceof UnmatchedArgumentException;
    if (unmatched) {
      UnmatchedArgumentException.printSuggestions(failure, err);
    }
    if (unmatched || command.getSubcommands().isEmpty()) {
      err.println("See ./" + command.getCommandSpec().qualifiedName() + " --help");
    } else {
      command.usage(err);
    }
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }
}
