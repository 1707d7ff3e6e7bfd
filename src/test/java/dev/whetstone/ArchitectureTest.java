package dev.whetstone;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.elements.ClassesShouldConjunction;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import jakarta.ws.rs.core.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The layers, and what may stand where. */
class ArchitectureTest {
  private static final String ROOT = "dev.whetstone.";

  /**
   * Bottom to top: a package uses those before it and its own sub-packages. A package without
   * classes keeps its floor for those that will come.
   */
  private static final List<String> LAYERS =
      List.of(
          "io",
          "settings",
          "text",
          "grammar",
          "weights",
          "lora",
          "onnx",
          "database",
          "security",
          "policy",
          "engine",
          "preference",
          "dpo",
          "training",
          "serving",
          "rollout",
          "gateway",
          "web",
          "ops",
          "models",
          "benchmark",
          "app",
          "client",
          "lab",
          "cli");

  /** Native and heavy libraries, each with the packages that may use it. */
  private static final Map<String, Set<String>> LIBRARIES =
      Map.ofEntries(
          Map.entry("ai.onnxruntime..", Set.of("engine.ort")),
          Map.entry("ai.djl.huggingface..", Set.of("text")),
          Map.entry("ai.djl.ndarray..", Set.of("dpo.torch", "dpo.network")),
          Map.entry("ai.djl.pytorch..", Set.of("dpo.torch", "dpo.network")),
          Map.entry("ai.djl.engine..", Set.of("dpo.torch", "dpo.network")),
          Map.entry("com.google.protobuf..", Set.of("onnx..")),
          Map.entry("io.agroal..", Set.of("database..")),
          Map.entry("org.postgresql..", Set.of("database..")),
          Map.entry("org.flywaydb..", Set.of("database..")),
          Map.entry("io.zonky..", Set.of("database..")),
          Map.entry("jakarta.ws.rs..", Set.of("gateway..")));

  private static final int MAX_FILES = 40;

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.whetstone");

  @TestFactory
  Stream<DynamicTest> eachLayerUsesOnlyTheLayersBelow() {
    return IntStream.range(0, LAYERS.size())
        .mapToObj(
            floor ->
                DynamicTest.dynamicTest(
                    LAYERS.get(floor),
                    () ->
                        check(
                            noClasses()
                                .that()
                                .resideInAPackage(ROOT + LAYERS.get(floor) + "..")
                                .should()
                                .dependOnClassesThat(isAbove(floor)))));
  }

  private static DescribedPredicate<JavaClass> isAbove(int floor) {
    Set<String> above = Set.copyOf(LAYERS.subList(floor + 1, LAYERS.size()));
    return DescribedPredicate.describe(
        "stand above " + LAYERS.get(floor),
        type -> {
          String name = type.getPackageName();
          return name.equals("dev.whetstone")
              || (name.startsWith(ROOT) && above.contains(layer(name)));
        });
  }

  private static String layer(String packageName) {
    return packageName.substring(ROOT.length()).split("\\.", 2)[0];
  }

  @Test
  void everyPackageHasItsLayer() {
    Set<String> unknown = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      String name = type.getPackageName();
      if (!name.equals("dev.whetstone") && !LAYERS.contains(layer(name))) {
        unknown.add(name);
      }
    }

    assertThat(unknown).isEmpty();
  }

  @Test
  void theRootHoldsTheEntryPointAlone() {
    assertThat(
            CLASSES.stream()
                .filter(type -> type.getPackageName().equals("dev.whetstone"))
                .map(JavaClass::getSimpleName)
                .filter(name -> !name.equals("package-info")))
        .containsExactly("Whetstone");
  }

  @Test
  void packagesFormNoCycles() {
    slices().matching("dev.whetstone.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @TestFactory
  Stream<DynamicTest> heavyLibrariesHaveOneHome() {
    return LIBRARIES.entrySet().stream()
        .map(
            library ->
                DynamicTest.dynamicTest(
                    library.getKey(),
                    () ->
                        check(
                            noClasses()
                                .that()
                                .resideOutsideOfPackages(
                                    library.getValue().stream()
                                        .map(home -> ROOT + home)
                                        .toArray(String[]::new))
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage(library.getKey()))));
  }

  @Test
  void theCommandLineLibraryIsUsedByCommandsAlone() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + "cli..", "dev.whetstone")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("picocli.."));
  }

  @Test
  void theTrainersWorkerAloneJoinsTrainingToTheDatabase() {
    check(
        noClasses()
            .that()
            .resideInAPackage(ROOT + "dpo..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + "database.."));
  }

  @Test
  void collaboratorsComeThroughConstructors() {
    noFields()
        .should()
        .beAnnotatedWith(Inject.class)
        .orShould()
        .beAnnotatedWith(ConfigProperty.class)
        .orShould()
        .beAnnotatedWith(Context.class)
        .check(CLASSES);
  }

  @Test
  void noStaticFieldChanges() {
    fields()
        .that()
        .areStatic()
        .and()
        .doNotHaveModifier(JavaModifier.SYNTHETIC)
        .and()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackage(ROOT + "onnx.proto..")
        .should()
        .beFinal()
        .check(CLASSES);
  }

  @Test
  void standardOutputBelongsToCommands() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + "cli..", ROOT + "app..")
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err"));
  }

  /** Quarkus starts anew for another profile, and a JVM loads a native library once. */
  @Test
  void testsWithSettingsOfTheirOwnHaveAJvmOfTheirOwn() {
    classes()
        .that()
        .areAnnotatedWith(TestProfile.class)
        .should()
        .beAnnotatedWith(
            DescribedPredicate.describe(
                "@Tag(\"own\") or @Tag(\"alone\")",
                tag ->
                    tag.getRawType().isEquivalentTo(Tag.class)
                        && Set.of("own", "alone").contains(tag.get("value").orElseThrow())))
        .check(
            new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
                .importPackages("dev.whetstone"));
  }

  @Test
  void everyPackageSaysWhatItIsFor() throws IOException {
    Map<String, Integer> undocumented = new TreeMap<>();
    Map<String, Integer> crowded = new TreeMap<>();
    try (Stream<Path> folders = Files.walk(Path.of("src/main/java"))) {
      for (Path folder : folders.filter(Files::isDirectory).toList()) {
        int files = javaFiles(folder);
        if (files > 0 && !Files.exists(folder.resolve("package-info.java"))) {
          undocumented.put(folder.toString(), files);
        }
        if (files > MAX_FILES) {
          crowded.put(folder.toString(), files);
        }
      }
    }

    assertThat(undocumented).isEmpty();
    assertThat(crowded).as("folders of more than %d files", MAX_FILES).isEmpty();
  }

  private static int javaFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return (int) files.filter(file -> file.toString().endsWith(".java")).count();
    }
  }

  private static void check(ClassesShouldConjunction rule) {
    rule.allowEmptyShould(true).check(CLASSES);
  }
}
