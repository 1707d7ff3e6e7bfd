package dev.whetstone.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.weights.ModelFormatException;
import dev.whetstone.weights.Safetensors;
import dev.whetstone.weights.SafetensorsWriter;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * A disk cache of one base's adapters, so that a gateway can restart while the database is down.
 * {@code HASH.safetensors} is an adapter under PEFT's names with its rank and alpha in the header;
 * {@code serving.json} is the {@code {"version", "hash"}} that was served last. No file is trusted:
 * one whose content does not have the hash of its name is removed.
 */
public final class AdapterCache {
  /** The version that was served last; {@code serving.json}. */
  public record Served(String version, String hash) {}

  private static final Logger LOG = Logger.getLogger(AdapterCache.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SUFFIX = ".safetensors";

  private final Path folder;
  private final int maxAdapters;
  private final InstantSource clock;

  /**
   * Creates a cache; its folder is made at the first write.
   *
   * @param home holds a folder for each base
   * @param maxAdapters adapters kept; the least recently used are removed
   */
  public AdapterCache(Path home, String baseHash, int maxAdapters, InstantSource clock) {
    this.folder = home.resolve(baseHash);
    this.maxAdapters = maxAdapters;
    this.clock = clock;
  }

  /** Reads and verifies a version's adapter; empty when it is not cached or its file is damaged. */
  public Optional<Policy> find(String version, String hash) {
    Path file = file(hash);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    // large tensors are read by several threads
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(file)) {
      Policy policy =
          verify(
              version, hash, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
      Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
      return Optional.of(policy);
    } catch (IOException | PolicyException.Refused unusable) {
      LOG.warnf("%s cannot be used and is removed: %s", file, unusable.getMessage());
      remove(file);
      return Optional.empty();
    }
  }

  /** Bytes of a cached adapter's file; empty when it is not cached. */
  public OptionalLong size(String hash) {
    try {
      return OptionalLong.of(Files.size(file(hash)));
    } catch (IOException missing) {
      return OptionalLong.empty();
    }
  }

  private static Policy verify(String version, String hash, MemorySegment bytes) {
    try (Safetensors header = Safetensors.of(bytes)) {
      int rank = Integer.parseInt(header.metadata().getOrDefault("rank", "0"));
      double alpha = Double.parseDouble(header.metadata().getOrDefault("alpha", "0"));
      return PolicyStore.verify(version, hash, bytes, rank, alpha);
    } catch (ModelFormatException | NumberFormatException damaged) {
      throw new PolicyException.Refused(version, String.valueOf(damaged.getMessage()));
    }
  }

  /** Stores a policy's adapter. A failure is only logged: it makes the next start slower. */
  public void store(Policy policy) {
    LoraAdapter adapter = policy.adapter();
    if (adapter == null || Files.exists(file(policy.hash()))) {
      return;
    }
    try (Tensors tensors = PeftFiles.factors(adapter)) {
      Files.createDirectories(folder);
      SafetensorsWriter.write(
          file(policy.hash()),
          tensors,
          Map.of(
              "format",
              "pt",
              "rank",
              Integer.toString(adapter.rank()),
              "alpha",
              Double.toString(adapter.alpha())));
      removeOldest();
    } catch (IOException failed) {
      LOG.warnf("%s could not be cached on disk: %s", policy.version(), failed.getMessage());
    }
  }

  private void removeOldest() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> adapters =
          all.filter(file -> file.toString().endsWith(SUFFIX))
              .sorted(Comparator.comparingLong(AdapterCache::lastModifiedMillis).reversed())
              .toList();
      adapters.stream().skip(maxAdapters).forEach(AdapterCache::remove);
    }
  }

  private static long lastModifiedMillis(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis();
    } catch (IOException unreadable) {
      return 0;
    }
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException failed) {
      LOG.warnf("%s cannot be removed: %s", file, failed.getMessage());
    }
  }

  /** Records what is served now. A failure is only logged. */
  public void recordServed(Policy served) {
    try {
      Files.createDirectories(folder);
      AtomicFile.write(
          folder.resolve("serving.json"),
          JSON.writeValueAsString(new Served(served.version(), served.hash())));
    } catch (IOException failed) {
      LOG.warnf("the served version could not be recorded on disk: %s", failed.getMessage());
    }
  }

  /** Reads what was served last; empty when that is unknown or unreadable. */
  public Optional<Served> lastServed() {
    Path file = folder.resolve("serving.json");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode served = JSON.readTree(file.toFile());
      String version = served.path("version").asText();
      String hash = served.path("hash").asText();
      return hash.matches("[0-9a-f]{64}")
          ? Optional.of(new Served(version, hash))
          : Optional.empty();
    } catch (IOException damaged) {
      LOG.warnf("%s cannot be read: %s", file, damaged.getMessage());
      return Optional.empty();
    }
  }

  private Path file(String hash) {
    return folder.resolve(hash + SUFFIX);
  }
}
