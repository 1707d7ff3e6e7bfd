package dev.whetstone;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The rooms and the arrows between them. */
class ArchitectureTest {
  private static final String ROOT = "dev.whetstone.";

  /** Which rooms a room may use. */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          Map.entry("database", Set.of()),
          Map.entry("text", Set.of()),
          Map.entry("weights", Set.of()),
          Map.entry("policy", Set.of("weights", "database")),
          Map.entry("export", Set.of("weights", "policy")),
          Map.entry("engine", Set.of("text", "policy")),
          Map.entry("preference", Set.of("text", "policy", "database")),
          Map.entry("dpo", Set.of("preference", "text", "weights", "policy", "database")),
          Map.entry("rollout", Set.of("engine", "policy", "preference", "database")),
          Map.entry(
              "gateway",
              Set.of(
                  "rollout",
                  "preference",
                  "engine",
                  "export",
                  "policy",
                  "weights",
                  "text",
                  "database")));

  private static final Map<String, String> LIBRARIES =
      Map.of("ai.onnxruntime..", "engine.ort", "ai.djl.ndarray..", "dpo.network");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.whetstone");

  @TestFactory
  Stream<DynamicTest> roomsUseOnlyWhatTheyMay() {
    return ARROWS.entrySet().stream()
        .map(
            room ->
                DynamicTest.dynamicTest(
                    room.getKey(),
                    () ->
                        noClasses()
                            .that()
                            .resideInAPackage(ROOT + room.getKey() + "..")
                            .should()
                            .dependOnClassesThat()
                            .resideInAnyPackage(closedTo(room.getKey(), room.getValue()))
                            .allowEmptyShould(true)
                            .check(CLASSES)));
  }

  private static String[] closedTo(String room, Set<String> open) {
    List<String> closed =
        Stream.concat(ARROWS.keySet().stream(), Stream.of("ops"))
            .filter(other -> !other.equals(room) && !open.contains(other))
            .map(other -> ROOT + other + "..")
            .toList();
    return Stream.concat(closed.stream(), Stream.of("dev.whetstone")).toArray(String[]::new);
  }

  @TestFactory
  Stream<DynamicTest> nativeLibrariesHaveOneUser() {
    return LIBRARIES.entrySet().stream()
        .map(
            library ->
                DynamicTest.dynamicTest(
                    library.getKey(),
                    () ->
                        noClasses()
                            .that()
                            .resideOutsideOfPackage(ROOT + library.getValue() + "..")
                            .should()
                            .dependOnClassesThat()
                            .resideInAPackage(library.getKey())
                            .allowEmptyShould(true)
                            .check(CLASSES)));
  }

  @Test
  void tokenizerLibraryIsUsedByTextAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "text..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl.huggingface..")
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void roomsFormNoCycles() {
    slices().matching("dev.whetstone.(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
