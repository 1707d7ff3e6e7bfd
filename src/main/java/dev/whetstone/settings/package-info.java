/**
 * Reading and checking settings: JSON objects by field, enum names, and the one exception for a
 * wrong value.
 */
@NullMarked
package dev.whetstone.settings;

import org.jspecify.annotations.NullMarked;
