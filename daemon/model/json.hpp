// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON for plain structs. A struct says its fields once:
//
//     struct Budget {
//         double wall_s = 3600;
//         int trials = 60;
//         bool operator==(const Budget&) const = default;
//         static constexpr auto fields() {
//             return std::make_tuple(field("wall_s", &Budget::wall_s),
//                                    field("trials", &Budget::trials));
//         }
//     };
//
// and an enum its names (EnumNames<E>::k_names). to_json() writes every field, an empty optional as
// null. from_json<T>() refuses unknown fields and wrong types with the path of the field; a field
// that is absent keeps its default.

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "util/result.hpp"

namespace krepro::model {

using Json = nlohmann::ordered_json;

template <class S, class M>
struct Field {
    std::string_view name;
    M S::*member;
};

template <class S, class M>
constexpr Field<S, M> field(std::string_view name, M S::*member) {
    return {name, member};
}

template <class E>
struct EnumNames;  // specialised with: static constexpr std::array k_names{std::pair{E::x, "x"}...}

template <class T>
concept Reflected = requires {
    T::fields();
};

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires {
    EnumNames<E>::k_names;
};

template <NamedEnum E>
constexpr std::string_view to_string(E value) {
    for (const auto& [key, name] : EnumNames<E>::k_names)
        if (key == value) return name;
    return "?";
}

template <NamedEnum E>
constexpr std::optional<E> enum_from_string(std::string_view text) {
    for (const auto& [key, name] : EnumNames<E>::k_names)
        if (text == name) return key;
    return std::nullopt;
}

// "a, b or c": what the error for a wrong enum value offers.
template <NamedEnum E>
std::string enum_choices() {
    std::string text;
    const auto& names = EnumNames<E>::k_names;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i != 0) text += i + 1 == names.size() ? " or " : ", ";
        text += names[i].second;
    }
    return text;
}

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsStringMap : std::false_type {};
template <class T>
struct IsStringMap<std::map<std::string, T>> : std::true_type {};

util::Error type_error(const std::string& path, std::string_view expected, const Json& got);
util::Error unknown_field_error(const std::string& path, const std::string& name);

}  // namespace detail

template <class T>
Json to_json(const T& value) {
    if constexpr (std::is_same_v<T, Json>) {
        return value;
    } else if constexpr (detail::IsOptional<T>::value) {
        return value ? to_json(*value) : Json(nullptr);
    } else if constexpr (detail::IsVector<T>::value) {
        Json array = Json::array();
        for (const auto& item : value) array.push_back(to_json(item));
        return array;
    } else if constexpr (detail::IsStringMap<T>::value) {
        Json object = Json::object();
        for (const auto& [key, item] : value) object[key] = to_json(item);
        return object;
    } else if constexpr (NamedEnum<T>) {
        return Json(std::string(to_string(value)));
    } else if constexpr (Reflected<T>) {
        Json object = Json::object();
        // An object that grows copies its members, keys being const, and all that is below them.
        constexpr std::size_t k_added_by_views = 4;
        auto& members = object.template get_ref<Json::object_t&>();
        members.reserve(std::tuple_size_v<decltype(T::fields())> + k_added_by_views);
        std::apply(
            [&](const auto&... f) {
                ((object[std::string(f.name)] = to_json(value.*(f.member))), ...);
            },
            T::fields());
        return object;
    } else {
        return Json(value);
    }
}

template <class T>
util::Result<T> from_json(const Json& json, const std::string& path = "") {
    using util::Result;
    if constexpr (std::is_same_v<T, Json>) {
        return json;
    } else if constexpr (detail::IsOptional<T>::value) {
        if (json.is_null()) return T{};
        auto inner = from_json<typename T::value_type>(json, path);
        if (!inner) return tl::unexpected(std::move(inner.error()));
        return T{std::move(*inner)};
    } else if constexpr (detail::IsVector<T>::value) {
        if (!json.is_array()) return tl::unexpected(detail::type_error(path, "an array", json));
        T items;
        items.reserve(json.size());
        for (std::size_t i = 0; i < json.size(); ++i) {
            auto item =
                from_json<typename T::value_type>(json[i], path + "[" + std::to_string(i) + "]");
            if (!item) return tl::unexpected(std::move(item.error()));
            items.push_back(std::move(*item));
        }
        return items;
    } else if constexpr (detail::IsStringMap<T>::value) {
        if (!json.is_object()) return tl::unexpected(detail::type_error(path, "an object", json));
        T map;
        for (const auto& [key, value] : json.items()) {
            auto item = from_json<typename T::mapped_type>(value, path + "." + key);
            if (!item) return tl::unexpected(std::move(item.error()));
            map.emplace(key, std::move(*item));
        }
        return map;
    } else if constexpr (NamedEnum<T>) {
        if (!json.is_string())
            return tl::unexpected(detail::type_error(path, enum_choices<T>(), json));
        auto value = enum_from_string<T>(json.template get_ref<const std::string&>());
        if (!value) return tl::unexpected(detail::type_error(path, enum_choices<T>(), json));
        return *value;
    } else if constexpr (Reflected<T>) {
        if (!json.is_object()) return tl::unexpected(detail::type_error(path, "an object", json));
        T object{};
        std::optional<util::Error> error;
        const auto read_field = [&](const auto& f) {
            const auto found = json.find(std::string(f.name));
            if (error || found == json.end()) return;
            using M = std::remove_reference_t<decltype(object.*(f.member))>;
            const std::string inner =
                path.empty() ? std::string(f.name) : path + "." + std::string(f.name);
            auto value = from_json<M>(*found, inner);
            if (value)
                object.*(f.member) = std::move(*value);
            else
                error = std::move(value.error());
        };
        std::apply([&](const auto&... f) { (read_field(f), ...); }, T::fields());
        if (error) return tl::unexpected(std::move(*error));
        for (const auto& [key, unused] : json.items()) {
            const bool known =
                std::apply([&](const auto&... f) { return ((f.name == key) || ...); }, T::fields());
            if (!known) return tl::unexpected(detail::unknown_field_error(path, key));
        }
        return object;
    } else if constexpr (std::is_same_v<T, bool>) {
        if (!json.is_boolean()) return tl::unexpected(detail::type_error(path, "a boolean", json));
        return json.template get<bool>();
    } else if constexpr (std::is_integral_v<T>) {
        if (json.is_number_unsigned()) {
            const auto value = json.template get<std::uint64_t>();
            if (std::in_range<T>(value)) return static_cast<T>(value);
        } else if (json.is_number_integer()) {
            const auto value = json.template get<std::int64_t>();
            if (std::in_range<T>(value)) return static_cast<T>(value);
        }
        return tl::unexpected(detail::type_error(path, "an integer in range", json));
    } else if constexpr (std::is_floating_point_v<T>) {
        if (!json.is_number()) return tl::unexpected(detail::type_error(path, "a number", json));
        const auto value = json.template get<T>();
        if (!std::isfinite(value))
            return tl::unexpected(detail::type_error(path, "a finite number", json));
        return value;
    } else {
        static_assert(std::is_same_v<T, std::string>, "no JSON form for this type");
        if (!json.is_string()) return tl::unexpected(detail::type_error(path, "a string", json));
        return json.template get<std::string>();
    }
}

// Parses without exceptions; `where` names the document in the error. Depth is limited, so that a
// bomb of brackets cannot exhaust the stack.
util::Result<Json> parse_json(std::string_view text, const std::string& where = "JSON");

// One line; invalid UTF-8 becomes U+FFFD, so that any console byte can be written.
[[nodiscard]] std::string dump(const Json& json);
// Indented by two.
[[nodiscard]] std::string dump_pretty(const Json& json);

}  // namespace krepro::model
