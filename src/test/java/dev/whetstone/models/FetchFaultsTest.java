package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whetstone.io.Ports;
import dev.whetstone.testing.CommandProcess;
import dev.whetstone.testing.FakeHub;
import dev.whetstone.testing.PartWheels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./whetstone models fetch} in a separate process, killed, or with a disk that fills. */
@Tag("process")
class FetchFaultsTest {
  private static final byte[] FILE = new byte[3_000_000];

  static {
    new Random(6).nextBytes(FILE);
  }

  @TempDir Path temporary;
  private Path home;
  private Path fetching;

  @BeforeEach
  void writeCatalogue() throws IOException {
    home = Files.createDirectory(temporary.resolve("home"));
    fetching = home.resolve("models/.fetching");
    Files.createDirectories(temporary.resolve("models"));
    Files.writeString(
        temporary.resolve("models/manifest.json"),
        """
        {"default": "a-model", "small": "a-model", "models": {"a-model": {
          "description": "For tests.", "licence": "none", "disk_bytes": 0,
          "memory_bytes": {"serving": 0, "training": 0, "available": 0},
          "file": {"name": "model.gguf", "bytes": %d, "sha256": "%s"},
          "sources": [{"hugging_face": "owner/model", "revision": "abc", "file": "model.gguf"}]}}}
        """
            .formatted(FILE.length, PartWheels.sha256(FILE)));
  }

  @Test
  void aKilledDownloadGoesOnAtTheNextStart() throws Exception {
    Path partial = fetching.resolve("model.gguf.part");
    try (FakeHub hub = new FakeHub(FILE).holdAt(1_000_000, temporary.resolve("never"))) {
      Process killed = fetch(hub).start();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> Files.exists(partial) && Files.size(partial) == 1_000_000);
      killed.destroyForcibly().waitFor();
    }
    assertThat(partial).hasSize(1_000_000);

    try (FakeHub hub = new FakeHub(FILE)) {
      Process again = fetch(hub).start();
      String said = output(again);

      assertThat(hub.requests()).singleElement().asString().contains("bytes=1000000-");
      assertThat(said)
          .contains("Fetching a-model: 2.0 MB to fetch (1.0 MB are here)", "  3 of 3.0 MB (100 %)");
    }
    // random bytes are no model; the file stays for another try
    assertThat(fetching.resolve("model.gguf")).hasBinaryContent(FILE);
  }

  @Test
  void aDiskThatFillsInTheMiddleIsOneSentenceAndTheNextStartGoesOn() throws Exception {
    assumeTrue(
        new ProcessBuilder("unshare", "-rm", "true").start().waitFor() == 0,
        "this system lets nobody mount a small disk");
    Path full = temporary.resolve("full");
    try (FakeHub hub = new FakeHub(FILE).holdAt(1_000_000, full)) {
      ProcessBuilder command = fetch(hub);
      String script =
          """
          mount -t tmpfs -o size=4m tmpfs "$WHETSTONE_HOME" || exit 9
          (for i in $(seq 300); do
             [ -s "$WHETSTONE_HOME/models/.fetching/model.gguf.part" ] && break
             sleep 0.1
           done
           sleep 0.5
           dd if=/dev/zero of="$WHETSTONE_HOME/others" bs=64k status=none 2>&-
           touch "$FULL") &
          "$@"
          echo "exit $?"
          ls "$WHETSTONE_HOME/models/.fetching"
          rm "$WHETSTONE_HOME/others"
          "$@"
          """;
      List<String> line =
          new ArrayList<>(List.of("unshare", "-rm", "sh", "-c", script, "whetstone"));
      line.addAll(command.command());
      command.command(line).environment().put("FULL", full.toString());

      String said = output(command.start());

      assertThat(said)
          .containsPattern(
              "whetstone: the disk of .*/models/.fetching is full; free 2.. MB, and the next start"
                  + " goes on with what is there\n"
                  + "exit 1\n"
                  + "model.gguf.part\n")
          .containsPattern("2.. MB to fetch \\(1.. MB are here\\)")
          .contains("  3 of 3.0 MB (100 %)");
      assertThat(hub.requests()).hasSize(2).element(1).asString().contains("bytes=");
    }
  }

  @Test
  void withoutAnySourceTheCommandSaysWhyInOneSentence() throws Exception {
    ProcessBuilder command = CommandProcess.of(home, "models", "fetch", "a-model");
    environment(command, "http://127.0.0.1:" + Ports.free());

    assertThat(output(command.start()))
        .endsWith("whetstone: a-model could not be fetched: 127.0.0.1 cannot be reached\n");
    assertThat(fetching).doesNotExist();
  }

  private ProcessBuilder fetch(FakeHub hub) {
    ProcessBuilder command = CommandProcess.of(home, "models", "fetch", "a-model");
    environment(command, hub.address());
    return command;
  }

  private void environment(ProcessBuilder command, String endpoint) {
    command.environment().put("WHETSTONE_ROOT", temporary.toString());
    command.environment().put("WHETSTONE_NATIVE", temporary.resolve("native").toString());
    command.environment().put("HF_ENDPOINT", endpoint);
  }

  private static String output(Process process) throws IOException, InterruptedException {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isNotZero();
    return text;
  }
}
