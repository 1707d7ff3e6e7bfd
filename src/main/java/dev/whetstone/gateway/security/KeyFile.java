package dev.whetstone.gateway.security;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One key per role, drawn on the first start and written to keys.json for its owner alone. */
public final class KeyFile implements ApiKeys {
  private final List<Entry> entries;

  private record Entry(ApiKey key, byte[] hash) {}

  private KeyFile(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /**
   * Opens the file, or draws keys and writes it.
   *
   * @throws IOException when it cannot be read or written, or holds something else
   */
  public static KeyFile openOrCreate(Path file, ObjectMapper mapper) throws IOException {
    if (!Files.exists(file)) {
      write(file, mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(drawAll()));
    }
    List<Entry> entries = new ArrayList<>();
    for (var secret : read(file, mapper).entrySet()) {
      Role role =
          KeyFormat.claimedRole(secret.getValue())
              .filter(claimed -> claimed.label().equals(secret.getKey()))
              .orElseThrow(
                  () -> new IOException(file + " holds no usable key for " + secret.getKey()));
      byte[] hash = KeyFormat.hash(secret.getValue());
      entries.add(new Entry(new ApiKey(KeyFormat.id(role, hash), role), hash));
    }
    return new KeyFile(entries);
  }

  @Override
  public Optional<ApiKey> authenticate(String secret) {
    byte[] hash = KeyFormat.hash(secret);
    ApiKey found = null;
    for (Entry entry : entries) {
      if (MessageDigest.isEqual(entry.hash, hash)) {
        found = entry.key;
      }
    }
    return Optional.ofNullable(found);
  }

  private static Map<String, String> drawAll() {
    Map<String, String> secrets = new LinkedHashMap<>();
    for (Role role : Role.values()) {
      secrets.put(role.label(), KeyFormat.draw(role));
    }
    return secrets;
  }

  private static Map<String, String> read(Path file, ObjectMapper mapper) throws IOException {
    try {
      return mapper.readValue(
          Files.readAllBytes(file), new TypeReference<Map<String, String>>() {});
    } catch (JsonProcessingException broken) {
      throw new IOException(
          file + " is not a JSON object of keys by role; remove it to draw new keys", broken);
    }
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Files.createDirectories(directory);
    Path aside =
        Files.createTempFile(
            directory,
            "keys",
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (FileChannel channel =
        FileChannel.open(
            aside, Set.of(StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING))) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
