package dev.whetstone.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints a link that signs one browser in. */
@Command(
    name = "open",
    description =
        "Prints a link to the pages. It signs one browser in as the operator, once, within ten minutes.",
    mixinStandardHelpOptions = true)
public final class OpenCommand implements Callable<Integer> {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  GatewayOptions gateway;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    String url =
        gateway
            .client()
            .post("/welcome", JsonNodeFactory.instance.objectNode())
            .path("url")
            .asText();
    spec.commandLine().getOut().println("Open " + url);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
