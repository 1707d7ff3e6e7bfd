package dev.whetstone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a command that scripts read prints its result: as lines for people, or as JSON. */
final class OutputOptions {
  @Option(names = "--json", description = "Print JSON, for scripts.")
  boolean json;

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec command;

  /** Prints a result in the form that was asked for. */
  void print(JsonNode result, String text) {
    PrintWriter out = command.commandLine().getOut();
    if (json) {
      out.println(result.toPrettyString());
    } else {
      text.lines().forEach(out::println);
    }
    out.flush();
  }
}
