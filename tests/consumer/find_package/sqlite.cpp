#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

int main() {}
