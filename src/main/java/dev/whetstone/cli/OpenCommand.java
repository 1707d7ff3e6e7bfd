package dev.whetstone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Prints a link that signs one browser in. */
@Command(
    name = "open",
    description =
        "Prints a link to the pages. It signs one browser in as the operator, once, within ten minutes.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone open",
      "  ./whetstone open --url http://gateway:8080 --key wsk_operator_…"
    })
public final class OpenCommand implements Callable<Integer> {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  GatewayOptions gateway;

  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  OutputOptions output;

  @Override
  public Integer call() throws IOException {
    JsonNode link = gateway.client().post("/welcome", JsonNodeFactory.instance.objectNode());
    output.print(link, "Open " + link.path("url").asText());
    return 0;
  }
}
