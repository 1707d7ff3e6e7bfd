package dev.whetstone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Has a kept answer or pair computed again. */
@Command(
    name = "replay",
    description =
        "Computes a kept answer or pair again: the same tokens, or the first that differs and why it"
            + " may. The exit code is 1 when it differs.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {"  ./whetstone replay pair_0123456789abcdef", "  ./whetstone replay gen_0123 --json"})
public final class ReplayCommand implements Callable<Integer> {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  GatewayOptions gateway;

  @Parameters(paramLabel = "ID", description = "Of an answer or a pair.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String id;

  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  OutputOptions output;

  @Override
  public Integer call() throws IOException {
    String path = "/answers/%s/replay".formatted(URLEncoder.encode(id, StandardCharsets.UTF_8));
    JsonNode replay = gateway.client().post(path, JsonNodeFactory.instance.objectNode());
    output.print(replay, text(replay));
    return replay.path("same").asBoolean() ? 0 : 1;
  }

  static String text(JsonNode replay) {
    StringBuilder text = new StringBuilder();
    for (JsonNode answer : replay.path("answers")) {
      String side = answer.has("side") ? "side " + answer.path("side").asText() + ", " : "";
      text.append(side).append(answer.path("policy").asText()).append(": ");
      if (answer.path("same").asBoolean()) {
        text.append("the same tokens\n");
        continue;
      }
      JsonNode first = answer.path("first_difference");
      text.append(
          "differs at token %d: %s then, %s now%n"
              .formatted(
                  first.path("index").asInt(), token(first, "kept"), token(first, "replayed")));
    }
    replay
        .path("reasons")
        .forEach(why -> text.append("why it may: ").append(why.asText()).append('\n'));
    return text.toString();
  }

  private static String token(JsonNode first, String which) {
    return first.has(which) ? first.path(which).toString() : "the end";
  }
}
