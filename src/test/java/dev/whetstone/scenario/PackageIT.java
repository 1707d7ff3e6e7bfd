package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.lab.LabGateway;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./whetstone package} makes starts elsewhere, without building. */
class PackageIT {
  @TempDir Path elsewhere;

  @Test
  void anUnpackedArchiveServes() throws Exception {
    assertThat(run(Path.of("."), "./whetstone", "package")).contains("Ready: ");
    String version = run(Path.of("."), "./whetstone", "--version").strip().split("[ +]", -1)[1];
    Path archive = Path.of("target", "whetstone-" + version + ".tar.gz").toAbsolutePath();
    run(elsewhere, "tar", "-xzf", archive.toString());
    Path unpacked = elsewhere.resolve("whetstone-" + version);
    Path home = elsewhere.resolve("home");

    try (Stream<Path> top = Files.list(unpacked)) {
      assertThat(top.map(path -> path.getFileName().toString()))
          .contains("run", "whetstone", "LICENSE", "NOTICE", "README.md")
          .doesNotContain("pom.xml", "data");
    }
    assertThat(run(unpacked, "./whetstone", "--version")).startsWith("whetstone " + version);
    ProcessBuilder start = new ProcessBuilder("./run").directory(unpacked.toFile());
    Map<String, String> settings =
        Map.of("WHETSTONE_MODEL", "tiny-reviews", "WHETSTONE_TRAINER_START", "false");
    try (LabGateway gateway = LabGateway.start(start, home, settings)) {
      JsonNode answer = gateway.postForJson("chat", "/generate", Map.of("prompt", "The film"));
      assertThat(answer.at("/completion/text").asText()).isNotBlank();
      assertThat(gateway.get("operator", "/policies").path("whetstone_version").asText())
          .startsWith(version);
    }
    assertThat(Files.readString(home.resolve("gateway.log")))
        .contains("Whetstone " + version)
        .doesNotContain("Building");
  }

  private static String run(Path folder, String... command)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
