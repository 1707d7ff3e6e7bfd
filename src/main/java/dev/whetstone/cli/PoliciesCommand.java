package dev.whetstone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.client.GatewayHttpClient;
import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists and changes the versions of a running gateway. */
@Command(
    name = "policies",
    description = "Lists, shows, imports, exports and promotes versions of the running gateway.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {"  ./whetstone policies list", "  ./whetstone policies promote v1"})
public final class PoliciesCommand {
  private static final String MODEL = "adapter_model.safetensors";
  private static final String CONFIG = "adapter_config.json";

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      description = "Lists versions, newest first, and what each gateway serves.",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = {
        "  ./whetstone policies list",
        "  ./whetstone policies list --json",
        "  ./whetstone policies list --url https://example.org/whetstone"
      })
  int list(@Mixin GatewayOptions gateway, @Mixin OutputOptions output) throws IOException {
    GatewayHttpClient client = gateway.client();
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    ArrayNode versions = all.putArray("items");
    StringBuilder text = new StringBuilder();
    String cursor = "";
    JsonNode page;
    do {
      page = client.get("/policies?limit=200" + cursor);
      for (JsonNode row : page.path("items")) {
        versions.add(row);
        text.append(line(row)).append('\n');
      }
      cursor = "&cursor=" + page.path("next").asText();
    } while (!page.path("next").isNull());
    for (JsonNode report : page.path("gateways")) {
      String problem =
          report.path("problem").isNull() ? "" : ": " + report.path("problem").asText();
      text.append(
          "gateway %s serves %s%s%n"
              .formatted(
                  report.path("gateway").asText(), report.path("version").asText(), problem));
    }
    all.set("gateways", page.path("gateways"));
    output.print(all, text.toString());
    return 0;
  }

  private static String line(JsonNode row) {
    StringBuilder names = new StringBuilder();
    row.path("aliases").forEach(alias -> names.append(' ').append(alias.asText()));
    String rolledBack = row.path("rolled_back_at").isNull() ? "" : " rolled back";
    return "%-6s %.12s %s %-9s%s%s"
        .formatted(
            row.path("version").asText(),
            row.path("hash").asText(),
            row.path("created_at").asText(),
            row.path("status").asText(),
            rolledBack,
            names);
  }

  @Command(
      description = "Prints a version with its provenance, as JSON.",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = "  ./whetstone policies show champion")
  int show(
      @Mixin GatewayOptions gateway,
      @Parameters(paramLabel = "VERSION", description = "Its name, hash or alias.") String version)
      throws IOException {
    return print(gateway.client().get("/policies/" + requireSegment(version)));
  }

  @Command(
      name = "import",
      description =
          "Imports a PEFT directory, " + MODEL + " and " + CONFIG + "; prints the version as JSON.",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = "  ./whetstone policies import run/")
  int importAdapter(
      @Mixin GatewayOptions gateway,
      @Parameters(paramLabel = "DIRECTORY", description = "The directory of the two files.")
          Path directory)
      throws IOException {
    Path model = directory.resolve(MODEL);
    Path config = directory.resolve(CONFIG);
    for (Path file : new Path[] {model, config}) {
      if (!Files.isRegularFile(file)) {
        throw new InvalidSettingException(
            "there is no file " + file + "; ./whetstone train --out writes such a directory");
      }
    }
    return print(
        gateway
            .client()
            .post("/policies", Map.of("adapter_model", model, "adapter_config", config)));
  }

  @Command(
      description =
          "Writes a version as a PEFT directory, as a GGUF adapter, or merged with the base as one"
              + " ONNX model.",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = {
        "  ./whetstone policies export champion adapter/",
        "  ./whetstone policies export v3 v3.gguf --gguf-lora",
        "  ./whetstone policies export v3 v3.zip --onnx"
      })
  int export(
      @Mixin GatewayOptions gateway,
      @Parameters(paramLabel = "VERSION", description = "Its name, hash or alias.") String version,
      @Parameters(paramLabel = "TARGET", description = "A directory; with an option a file.")
          Path target,
      @ArgGroup @Nullable SingleFile single)
      throws IOException {
    GatewayHttpClient client = gateway.client();
    String path = "/policies/" + requireSegment(version);
    if (single != null) {
      client.download(path + (single.onnx ? "/onnx" : "/adapter/gguf"), target.toAbsolutePath());
    } else {
      Files.createDirectories(target);
      client.download(path + "/adapter", target.resolve(MODEL));
      client.download(path + "/adapter/config", target.resolve(CONFIG));
    }
    out().println("Written: " + target);
    out().flush();
    return 0;
  }

  /** The forms of a version that are one file. */
  static final class SingleFile {
    @Option(names = "--onnx", description = "Write a zip of model.onnx and its data.")
    boolean onnx;

    @Option(names = "--gguf-lora", description = "Write a GGUF file for llama.cpp's --lora.")
    boolean ggufLora;
  }

  @Command(
      description = "Makes a version the champion.",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = "  ./whetstone policies promote v3 --reason \"reads better\"")
  int promote(
      @Mixin GatewayOptions gateway,
      @Parameters(paramLabel = "VERSION", description = "Its name, hash or alias.") String version,
      @Option(names = "--reason", paramLabel = "TEXT", description = "Recorded in the audit log.")
          @Nullable String reason,
      @Mixin OutputOptions output)
      throws IOException {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("reason", reason);
    JsonNode row = gateway.client().post("/policies/" + requireSegment(version) + "/promote", body);
    output.print(row, "Champion: " + row.path("version").asText());
    return 0;
  }

  private int print(JsonNode row) {
    out().println(row.toPrettyString());
    out().flush();
    return 0;
  }

  private static String requireSegment(String version) {
    if (!version.matches("[A-Za-z0-9]{1,64}")) {
      throw new InvalidSettingException(
          "'"
              + version
              + "' is not a version, hash or alias; ./whetstone policies list shows them");
    }
    return version;
  }
}
