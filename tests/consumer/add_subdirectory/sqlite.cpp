#include <varve/backend/sqlite.hpp>

int main() {}
