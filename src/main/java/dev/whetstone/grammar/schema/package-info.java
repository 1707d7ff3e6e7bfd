/**
 * JSON Schema (draft 2020-12, and what older drafts write differently) as a graph of {@link Shape}s
 * that the machine can follow byte by byte. Begin with {@link SchemaReader}. What a shape allows
 * always validates; it may allow less, such as numbers of bounded length. A keyword that cannot be
 * kept is refused by name.
 */
@NullMarked
package dev.whetstone.grammar.schema;

import org.jspecify.annotations.NullMarked;
