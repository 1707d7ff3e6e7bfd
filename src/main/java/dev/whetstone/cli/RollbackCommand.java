package dev.whetstone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes an earlier version champion again. */
@Command(
    name = "rollback",
    description =
        "Makes the previous champion, or any version, champion again from the next decode step.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone rollback --reason \"worse answers\"",
      "  ./whetstone rollback --to v0 --reason \"back to the base\" --json"
    })
public final class RollbackCommand implements Callable<Integer> {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  GatewayOptions gateway;

  @Option(
      names = "--to",
      paramLabel = "VERSION",
      description = "The version to restore; default: the previous champion.")
  @Nullable String to;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Recorded in the audit log.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String reason;

  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  OutputOptions output;

  @Override
  public Integer call() throws IOException {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("to", to).put("reason", reason);
    JsonNode row = gateway.client().post("/rollback", body);
    output.print(row, "Champion: " + row.path("version").asText());
    return 0;
  }
}
