package dev.whetstone.security;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The file keys.json, one key for each role. The first start writes it, with mode 0600. Its keys
 * belong to the owner of the home, who vouches for the users that they name.
 */
public final class KeyFile {
  private KeyFile() {}

  /**
   * Reads the keys of the file; an empty list if there is no file.
   *
   * @throws IOException when it cannot be read or is malformed
   */
  public static List<StoredKey> read(Path file, ObjectMapper mapper) throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    List<StoredKey> keys = new ArrayList<>();
    for (var secret : secrets(file, mapper).entrySet()) {
      Role role =
          KeyFormat.claimedRole(secret.getValue())
              .filter(claimed -> claimed.label().equals(secret.getKey()))
              .orElseThrow(
                  () -> new IOException(file + " has no valid key for role " + secret.getKey()));
      keys.add(StoredKey.of(role, KeyUsers.APPLICATION, secret.getValue()));
    }
    return keys;
  }

  /**
   * Generates a key for each role and writes the file, unless it exists.
   *
   * @return whether keys were generated
   * @throws IOException when it cannot be written
   */
  public static boolean createIfMissing(Path file, ObjectMapper mapper) throws IOException {
    if (Files.exists(file)) {
      return false;
    }
    Map<String, String> secrets = new LinkedHashMap<>();
    for (Role role : Role.values()) {
      secrets.put(role.label(), KeyFormat.generate(role));
    }
    Files.createDirectories(file.toAbsolutePath().getParent());
    AtomicFile.writePrivate(
        file, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(secrets));
    return true;
  }

  private static Map<String, String> secrets(Path file, ObjectMapper mapper) throws IOException {
    try {
      return mapper.readValue(
          Files.readAllBytes(file), new TypeReference<Map<String, String>>() {});
    } catch (JsonProcessingException broken) {
      throw new IOException(
          file + " is not a JSON object of keys by role; remove it to generate new keys", broken);
    }
  }
}
